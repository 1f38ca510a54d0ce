"""What a kind of data receives besides its options."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tfapp.recipes.config import DataConfig

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


@dataclass(frozen=True)
class LoadContext:
    """The circumstances of one loading.

    Args:
        config: the recipe's `[data]`.
        seed: of the recipe.
        split_file: read if it exists, else written; None to keep no record.
        cache_dir: folder for scans, decoded images and fetched data sets.
        progress: called during the scan, or None.
        labels: of a trained model that the data is to test; () to train.
    """

    config: DataConfig
    seed: int
    split_file: Path | None
    cache_dir: Path
    progress: Progress | None = None
    labels: tuple[str, ...] = ()

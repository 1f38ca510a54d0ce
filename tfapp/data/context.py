"""What a kind of data receives besides its options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
        cache_dir: folder for scans, decoded examples and fetched data sets.
        progress: called during the scan, or None.
        labels: of a trained model that the data is to test; () to train.
        preprocess: description of that model's preprocessor; {} to train.
    """

    config: DataConfig
    seed: int
    split_file: Path | None
    cache_dir: Path
    progress: Progress | None = None
    labels: tuple[str, ...] = ()
    preprocess: Mapping[str, Any] = field(default_factory=dict)

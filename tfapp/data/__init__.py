"""Any image source to a `Dataset`; to add a kind of data: one file, one line here."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfapp.base.registry import check_options, load
from tfapp.data.cache_dir import default_cache_dir
from tfapp.data.context import LoadContext, Progress
from tfapp.data.spec import Dataset
from tfapp.recipes.config import DataConfig

if TYPE_CHECKING:
    from tfapp.data.report import CheckReport

DATASETS = {
    "images": "tfapp.domains.images.load:images",
    "masks": "tfapp.domains.images.segmentation.data.load:masks",
}
"""Kinds of data: what the examples are and what the model receives."""

CHECKS = {
    "images": "tfapp.domains.images.check:check_images",
    "masks": "tfapp.domains.images.segmentation.data.load:check_masks",
}
"""What looks for trouble in each kind of data."""

SOURCES = {
    "csv": "tfapp.domains.images.reading.sources.csv_table:csv_table",
    "digits": "tfapp.domains.images.reading.sources.digits:digits",
    "folder": "tfapp.domains.images.reading.sources.folder:folder",
    "mosaics": "tfapp.domains.images.reading.sources.mosaics:mosaics",
    "npz": "tfapp.domains.images.reading.sources.npz_arrays:npz_arrays",
    "tfds": "tfapp.domains.images.reading.sources.tfds_builder:tfds_builder",
}
"""Forms in which images come; `data.path` tells which one is meant."""


def load_dataset(
    config: DataConfig,
    *,
    seed: int,
    split_file: Path | None = None,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Find, check, split and describe the data that `config` names.

    Args:
        config: the recipe's `[data]`.
        seed: of the recipe; decides which examples `limit_per_class` keeps.
        split_file: honoured to the letter if it exists, written if it does not.
        cache_dir: for scans and decoded images; default: `default_cache_dir()`.
        progress: called with (files done, files in all) during the scan.

    Raises:
        ConfigError: for an unset variable in `path`, or options that do not fit.
        DataError: if the data cannot be used, or differs from `split_file`.
    """
    check_options("dataset", DATASETS, config.name, config.options)
    cache_dir = cache_dir or default_cache_dir()
    context = LoadContext(config, seed, split_file, cache_dir, progress)
    dataset: Dataset = load("dataset", DATASETS, config.name)(context, **config.options)
    return dataset


def load_test_only(
    config: DataConfig,
    class_names: tuple[str, ...],
    *,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load data that a trained model is tested on; nothing is split or recorded.

    Args:
        config: as for `load_dataset`; its shares and limit do not count.
        class_names: of the model, in the order of its outputs.
        cache_dir: see `load_dataset`.
        progress: see `load_dataset`.

    Returns:
        A Dataset whose "test" holds the data's own test split if it has one, else
        all its examples; the other splits are empty.

    Raises:
        ConfigError: for an unset variable in `path`, or options that do not fit.
        DataError: if the data cannot be used or has classes the model does not know.
    """
    check_options("dataset", DATASETS, config.name, config.options)
    cache_dir = cache_dir or default_cache_dir()
    context = LoadContext(config, 0, None, cache_dir, progress, class_names)
    dataset: Dataset = load("dataset", DATASETS, config.name)(context, **config.options)
    return dataset


def check_data(
    config: DataConfig,
    progress: Progress | None = None,
    *,
    cache_dir: Path | None = None,
) -> "CheckReport":
    """Look at every file and report all trouble; changes nothing on disk.

    Raises:
        ConfigError: for an unset variable in `path`.
        DataError: if there is nothing to check: no folder, no classes, one class.
    """
    cache_dir = cache_dir or default_cache_dir()
    context = LoadContext(config, 0, None, cache_dir, progress)
    report: CheckReport = load("kind of data", CHECKS, config.name)(context)
    return report


def kind_of(path: str) -> str:
    """Return the kind of data that lies at a path: "masks" if its folders say so.

    Args:
        path: as `data.path`.
    """
    from tfapp.domains.images.reading.sources import expand_path
    from tfapp.domains.images.segmentation.data.folders import holds_masks

    return "masks" if holds_masks(Path(expand_path(path))) else "images"

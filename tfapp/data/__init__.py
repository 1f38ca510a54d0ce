"""Any source to a `Dataset`, by the `DATA` and `CHECKS` of all domains."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.registry import load, union
from tfapp.data.context import LoadContext, Progress
from tfapp.data.spec import Dataset
from tfapp.recipes.checks import check_data_options
from tfapp.recipes.config import DataConfig

if TYPE_CHECKING:
    from tfapp.data.report import CheckReport


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
        seed: of the recipe; decides which examples `limit` keeps.
        split_file: honoured to the letter if it exists, written if it does not.
        cache_dir: for scans and decoded examples; default: `default_cache_dir()`.
        progress: called with (files done, files in all) during the scan.

    Raises:
        ConfigError: for an unset variable in `path`, or options that do not fit.
        DataError: if the data cannot be used, or differs from `split_file`.
    """
    cache_dir = cache_dir or default_cache_dir()
    return _load(LoadContext(config, seed, split_file, cache_dir, progress))


def load_test_only(
    config: DataConfig,
    labels: tuple[str, ...],
    *,
    preprocess: Mapping[str, Any] | None = None,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load data that a trained model is tested on; nothing is split or recorded.

    Args:
        config: as for `load_dataset`; its shares and limit do not count.
        labels: of the model, in the order of its outputs.
        preprocess: what the model's preprocessor described itself as.
        cache_dir: see `load_dataset`.
        progress: see `load_dataset`.

    Returns:
        A Dataset whose "test" holds the data's own test split if it has one, else
        all its examples; the other splits are empty.

    Raises:
        ConfigError: for an unset variable in `path`, or options that do not fit.
        DataError: if the data cannot be used or has classes the model does not know.
    """
    cache_dir = cache_dir or default_cache_dir()
    return _load(
        LoadContext(config, 0, None, cache_dir, progress, labels, preprocess or {})
    )


def _load(context: LoadContext) -> Dataset:
    config = context.config
    check_data_options(config)
    make = load("kind of data", union("DATA"), config.kind)
    dataset: Dataset = make(context, **config.options)
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
    report: CheckReport = load("kind of data", union("CHECKS"), config.kind)(context)
    return report

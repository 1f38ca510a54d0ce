"""A table of series to windows that a network learns from."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.place import expand_path
from tfapp.data.split import keep_record, limit_per_stratum
from tfapp.domains.series.dataset import SeriesDataset, window_dataset
from tfapp.domains.series.preprocessor import (
    Layout,
    SeriesPreprocessor,
    read_preprocessor,
)
from tfapp.domains.series.reading.columns import ColumnOptions
from tfapp.domains.series.reading.grid import GridRules
from tfapp.domains.series.reading.spec import ReadOptions, SeriesTable
from tfapp.domains.series.reading.table import read_series
from tfapp.domains.series.scaling import fit_scaling, trained_scaling
from tfapp.domains.series.splitting import (
    cut_by_shares,
    cut_by_steps,
    default_window,
    only_test,
    require_values,
)
from tfapp.domains.series.windows import find_origins


def series(
    context: LoadContext,
    *,
    horizon: int = 0,
    window: int = 0,
    stride: int = 1,
    split_steps: tuple[int, ...] = (),
    time: tuple[str, ...] = (),
    item: str = "",
    targets: tuple[str, ...] = (),
    future: tuple[str, ...] = (),
    past: tuple[str, ...] = (),
    static: tuple[str, ...] = (),
    calendar: tuple[str, ...] = (),
    frequency: str = "",
    time_format: str = "",
    timezone: str = "",
    decimal: str = "",
    delimiter: str = "",
    duplicates: Literal["mean", "first", "last", "refuse"] = "mean",
    gaps: Literal["interpolate", "last value", "refuse"] = "interpolate",
    max_gap: int = 3,
) -> SeriesDataset:
    """Series of a CSV file, a column for each or an id column that tells them apart.

    Args:
        context: recipe, seed, split file, cache folder.
        horizon: steps to forecast; 0 for a season, such as 24 hours.
        window: steps to look back; 0 for whole seasons, up to 14.
        stride: steps from one training window to the next.
        split_steps: steps of training, validation and test; () for the shares of
            `[data.split]`. Parts always follow each other in time.
        time: column of timestamps, or a date and a time of day; () to find it.
        item: column that names the series of a row; "" to find it.
        targets: columns to forecast; () for all columns of numbers.
        future: covariates known in advance, such as holidays.
        past: covariates known only until now.
        static: numbers or classes that describe a series.
        calendar: cycles read from the timestamps as covariates: "day", "week", "year".
        frequency: of the steps, for example "1 hour"; "" to infer it.
        time_format: `%` codes of strptime; "" to find it.
        timezone: that local times are of, for example "Europe/Berlin".
        decimal: "." or ","; "" to find it.
        delimiter: between cells; "" to find it.
        duplicates: what rows of one time become.
        gaps: how short gaps are filled.
        max_gap: longest gap in steps that is filled.

    Raises:
        ConfigError: if an option does not fit the file.
        DataError: if the file cannot be used.
    """
    columns = ColumnOptions(time, item, targets, future, past, static)
    rules = GridRules(duplicates, gaps, max_gap)
    options = ReadOptions(
        columns, frequency, time_format, timezone, decimal, delimiter, rules
    )
    table = read_series(Path(expand_path(context.config.path)), options)
    require_values(table)
    if context.preprocess:
        return _test_only(table, read_preprocessor(context.preprocess), context)
    shares = context.config.split
    cuts = (
        cut_by_steps(table, split_steps)
        if split_steps
        else cut_by_shares(table, shares.validation, shares.test)
    )
    horizon = horizon or table.frequency.season
    window = window or default_window(table, cuts, horizon)
    layout = Layout(
        window,
        horizon,
        table.targets,
        table.roles.future,
        table.roles.past,
        table.static_names,
        tuple(calendar),
        table.frequency,
        bool(table.items[0].name),
    )
    preprocessor = SeriesPreprocessor(layout, fit_scaling(table, cuts))
    origins = find_origins(table, cuts, window, horizon, stride)
    dataset = window_dataset(table, origins, preprocessor, cuts, context)
    if context.split_file is not None:
        keep_record(context.split_file, _record(dataset))
    return _limited(dataset, context)


def _test_only(
    table: SeriesTable, trained: SeriesPreprocessor, context: LoadContext
) -> SeriesDataset:
    """Return all windows as test examples, scaled as in training.

    Raises:
        DataError: if the file lacks columns of training.
    """
    layout = trained.layout
    columns = (table.targets, table.roles.future, table.roles.past)
    if columns != (layout.targets, layout.future, layout.past):
        expected = [*layout.targets, *layout.future, *layout.past]
        received = [name for part in columns for name in part]
        raise DataError(
            f"{table.name} has the columns {received}. Expected those of training, "
            f"{expected}."
        )
    cuts = only_test(table)
    origins = find_origins(
        table, cuts, layout.window, layout.horizon, required=("test",)
    )
    scaling = trained_scaling(table, trained.scaling)
    return window_dataset(
        table, origins, SeriesPreprocessor(layout, scaling), cuts, context
    )


def _record(dataset: SeriesDataset) -> dict[str, Any]:
    """Return what the split of a dataset is made of, before any limit."""
    return {
        "source": dataset.table.name,
        "fingerprint": dataset.info.fingerprint,
        "ends": dataset.cuts.ends.astype(str).tolist(),
        "windows": {split: len(part) for split, part in dataset.examples.items()},
        "trained": [e.content_hash for e in dataset.examples["train"]],
    }


def _limited(dataset: SeriesDataset, context: LoadContext) -> SeriesDataset:
    """Return the dataset with at most `data.limit` windows to train on."""
    examples = {
        split: limit_per_stratum(part, context.config.limit, context.seed)
        for split, part in dataset.examples.items()
    }
    return replace(dataset, examples=examples)

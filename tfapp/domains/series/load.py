"""A table of series to windows that a network learns from."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.place import expand_path
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.series.calendar_ops import calendar_waves
from tfapp.domains.series.preprocessor import Layout, SeriesPreprocessor
from tfapp.domains.series.reading.columns import ColumnOptions
from tfapp.domains.series.reading.grid import GridRules
from tfapp.domains.series.reading.spec import ReadOptions, SeriesTable
from tfapp.domains.series.reading.table import read_series
from tfapp.domains.series.scaling import fit_scaling
from tfapp.domains.series.splitting import (
    cut_by_shares,
    cut_by_steps,
    default_window,
    require_values,
)
from tfapp.domains.series.windows import Origin, Windows, find_origins, make_windows


@dataclass(frozen=True, eq=False, kw_only=True)
class SeriesDataset(ArrayDataset):
    """Windows of series, and the table that they are cut from.

    Args:
        table: as it was read.
        windows: a row for each stretch of the table.
        origins: name of an example → where its forecast begins.
    """

    table: SeriesTable
    windows: Windows
    origins: Mapping[str, Origin]


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
    shares = context.config.split
    cuts = (
        cut_by_steps(table, split_steps)
        if split_steps
        else cut_by_shares(table, shares.validation, shares.test)
    )
    horizon = horizon or table.frequency.season
    window = window or default_window(table, cuts, horizon)
    origins = find_origins(table, cuts, window, horizon, stride)
    scaling = fit_scaling(table, cuts)
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
    return _dataset(table, origins, SeriesPreprocessor(layout, scaling), context)


def _dataset(
    table: SeriesTable,
    origins: Mapping[str, list[Origin]],
    preprocessor: SeriesPreprocessor,
    context: LoadContext,
) -> SeriesDataset:
    """Cut the windows and describe them."""
    layout = preprocessor.layout
    windows = make_windows(
        table,
        preprocessor.scaling,
        layout.window,
        layout.horizon,
        _waves(table, layout.calendar),
    )
    examples = {
        split: tuple(_examples(windows, origins[split], split)) for split in SPLITS
    }
    inputs = windows.inputs
    info = DataInfo(
        {name: InputSpec(array.shape[1:]) for name, array in inputs.items()},
        (layout.horizon,),
        len(layout.targets),
        layout.targets,
        fingerprint(e for split in SPLITS for e in examples[split]),
    )
    place_by_name = {
        example.name: origin
        for split in SPLITS
        for example, origin in zip(examples[split], origins[split], strict=True)
    }
    return SeriesDataset(
        info=info,
        examples=examples,
        preprocessor=preprocessor,
        names=windows.names,
        inputs={name: Column(array) for name, array in inputs.items()},
        answers=Column(windows.answers),
        weights=None if windows.weights is None else Column(windows.weights),
        read=lambda e: raw_inputs(table, layout, place_by_name[e.name]),
        batch_size=context.config.batch_size,
        notes=_notes(table, layout, origins),
        table=table,
        windows=windows,
        origins=place_by_name,
    )


def raw_inputs(table: SeriesTable, layout: Layout, origin: Origin) -> dict[str, Any]:
    """Return what a client sends for a forecast, by name, without batch axis.

    Args:
        table: that holds the window.
        layout: of the requests.
        origin: where the forecast begins.
    """
    item = table.items[origin.item]
    back = slice(origin.step - layout.window, origin.step)
    both = slice(back.start, origin.step + layout.horizon)
    found: dict[str, Any] = {
        "timestamps": item.times[back].astype(str).astype(object),
        "values": item.targets[back].astype(np.float32),
    }
    if layout.future:
        found["future"] = item.future[both].astype(np.float32)
    if layout.past:
        found["past"] = item.past[back].astype(np.float32)
    if layout.static:
        found["static"] = item.static.astype(np.float32)
    if layout.many:
        found["series"] = item.name
    return found


def _waves(table: SeriesTable, calendar: tuple[str, ...]) -> np.ndarray | None:
    """Return the cycles of all items' times, one item after the other."""
    if not calendar:
        return None
    times = np.concatenate([item.times for item in table.items])
    with tf.device("CPU"):
        waves: np.ndarray = calendar_waves(times.astype(np.int64), calendar).numpy()
    return waves


def _examples(windows: Windows, origins: list[Origin], split: str) -> Iterator[Example]:
    """Yield the examples of a split; what they hold is told by a hash of the answer."""
    for row in windows.rows(origins):
        name = windows.names[row]
        answer = hashlib.blake2b(windows.answers[row].tobytes(), digest_size=8)
        content = hashlib.blake2b(name.encode(), digest_size=8)
        content.update(windows.inputs["history"][row].tobytes())
        yield Example(name, split, "", "", content.hexdigest(), answer.hexdigest())


def _notes(
    table: SeriesTable, layout: Layout, origins: Mapping[str, list[Origin]]
) -> tuple[str, ...]:
    """Return what the user should know before training begins."""
    used = {o.item for split in SPLITS for o in origins[split]}
    unused = [item.name for i, item in enumerate(table.items) if i not in used]
    notes = [
        f"steps of {table.frequency}: {layout.window} back, {layout.horizon} ahead"
    ]
    if unused:
        more = f" and {len(unused) - 3} more" if len(unused) > 3 else ""
        notes.append(
            f"series without a whole window, left out: {', '.join(unused[:3])}{more}"
        )
    careful = [p for p in table.problems if p.severity == "used with care"]
    notes += [f"{p.kind}: {p.path}: {p.detail}" for p in careful[:5]]
    if len(careful) > 5:
        notes.append(f"and {len(careful) - 5} more findings; `tfapp check` lists them")
    return tuple(notes)

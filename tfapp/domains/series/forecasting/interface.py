"""What an exported forecaster takes and answers."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.csv_cells import safe_cell
from tfapp.base.errors import DataError
from tfapp.domains.series.calendar_ops import format_times
from tfapp.domains.series.dataset import raw_inputs
from tfapp.domains.series.intervals import SMALLEST_DEVIATION, read_intervals
from tfapp.domains.series.models.parts import FORECAST
from tfapp.domains.series.preprocessor import SeriesPreprocessor, read_preprocessor
from tfapp.domains.series.reading.columns import ColumnOptions
from tfapp.domains.series.reading.spec import Item, ReadOptions, SeriesTable
from tfapp.domains.series.reading.table import read_series
from tfapp.domains.series.windows import Origin, written
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature

DEFAULT = "serving_default"
SUFFIXES = (".csv", ".tsv", ".txt")


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the one signature of a forecaster.

    Args:
        exported: its model takes scaled windows and returns scaled forecasts.

    Returns:
        "serving_default": raw values with timestamps, see `SeriesPreprocessor.raw`, to
        "timestamps" (batch, horizon), "targets" (batch, targets) their names, and
        "forecast" and, once intervals are calibrated, "lower_80", "upper_80",
        "lower_95", "upper_95", float32 (batch, horizon, targets), all in the unit of
        the values.
    """
    preprocessor = exported.preprocessor
    ends = _ends(exported.calibration)
    names = tf.constant(list(preprocessor.layout.targets))

    def forecast(**raw: Any) -> dict[str, Any]:
        inputs = preprocessor(raw)
        history = inputs["history"] if isinstance(inputs, Mapping) else inputs
        point = exported.model(inputs, training=False)
        moments = preprocessor.moments(raw)
        spread = tf.math.reduce_std(history, axis=1, keepdims=True) + SMALLEST_DEVIATION
        scaled = {name: point + spread * end for name, end in ends.items()}
        scaled[FORECAST] = point
        times = preprocessor.times(raw)[:, preprocessor.layout.window :]
        values = {name: _raw(value, moments) for name, value in scaled.items()}
        targets = tf.tile(names[tf.newaxis], [tf.shape(times)[0], 1])
        return {"timestamps": format_times(times), "targets": targets, **values}

    return {DEFAULT: Signature(forecast, preprocessor.raw)}


def prediction(answer: Arrays) -> Prediction:
    """Return one answer as a line of text and a CSV file with a row for each step.

    Args:
        answer: of one row, see `signatures`.
    """
    times, targets = ([_text(t) for t in answer[n]] for n in ("timestamps", "targets"))
    names = [n for n in answer if n not in ("timestamps", "targets")]
    names.sort(key=lambda n: (n != FORECAST, n))
    header = ["timestamp"]
    columns = []
    for number, target in enumerate(targets):
        for name in names:
            header.append(name if len(targets) == 1 else f"{target} {name}")
            columns.append(answer[name][:, number])
    rows = [
        [time, *(f"{column[i]:.7g}" for column in columns)]
        for i, time in enumerate(times)
    ]
    first = ", ".join(f"{v:.4g}" for v in answer[FORECAST][0])
    text = f"{len(times)} steps from {times[0]} to {times[-1]}; the first is {first}"
    table = {
        "first_timestamp": times[0],
        "last_timestamp": times[-1],
        "targets": targets,
        "forecast": answer[FORECAST].tolist(),
    }
    return Prediction(text, table, {"forecast.csv": _csv(header, rows)})


def read(path: Path, preprocessor: SeriesPreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield the raw inputs of a forecast for each series of a file.

    A forecast begins behind the last value of a series. Covariates known in advance
    have to be in the file for the steps to forecast, in rows whose values are empty.

    Args:
        path: CSV file with the columns of training.
        preprocessor: of the model.

    Raises:
        DataError: naming column and timestamps of what is missing.
    """
    layout = preprocessor.layout
    roles = ColumnOptions(
        targets=() if layout.targets == ("value",) else layout.targets,
        future=layout.future,
        past=layout.past,
        static=tuple(dict.fromkeys(n.partition("=")[0] for n in layout.static)),
    )
    table = read_series(path, ReadOptions(roles, frequency=str(layout.frequency)))
    for number, item in enumerate(table.items):
        origin = Origin(number, _first_step(table, item, layout.window))
        _require_future(table, item, origin, layout.horizon)
        yield raw_inputs(table, layout, origin)


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={FORECAST: "numbers"},
    read=read,
    suffixes=SUFFIXES,
)


def _ends(calibration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the window's deviation is multiplied by, by output."""
    if "intervals" not in calibration:
        return {}
    found = read_intervals(calibration["intervals"])
    ends = {}
    for level, low, high in zip(found.levels, found.lower, found.upper, strict=True):
        ends[f"lower_{level * 100:.0f}"] = tf.constant(low, tf.float32)
        ends[f"upper_{level * 100:.0f}"] = tf.constant(high, tf.float32)
    return ends


def _raw(scaled: Any, moments: Any) -> Any:
    """Return values in their own unit."""
    return scaled * moments[:, 1:] + moments[:, :1]


def _first_step(table: SeriesTable, item: Item, window: int) -> int:
    """Return the step behind the last value, with a whole window before it."""
    where = f"{table.name}, series {item.name!r}" if item.name else table.name
    rows = np.flatnonzero(item.observed.any(axis=1))
    first = int(rows[-1]) + 1 if rows.size else 0
    if first < window:
        raise DataError(
            f"{where}: {first} steps of {table.frequency}. A forecast looks back "
            f"{window}; give at least as many rows."
        )
    back = np.isnan(item.targets[first - window : first])
    if back.any():
        row, column = np.argwhere(back)[0]
        missing = item.times[first - window :][back.any(axis=1)[:window].nonzero()[0]]
        raise DataError(
            f"{where}: {table.targets[column]!r} has no value at {written(missing)}. "
            f"A forecast needs the last {window} steps without a long gap."
        )
    return first


def _require_future(
    table: SeriesTable, item: Item, origin: Origin, horizon: int
) -> None:
    """Refuse a file that lacks covariates of the steps to forecast.

    Raises:
        DataError: naming column and timestamps.
    """
    start = item.times[0]
    steps = np.arange(origin.step, origin.step + horizon)
    times = table.frequency.times(start, steps)
    for column, name in enumerate(table.roles.future):
        values = item.future[origin.step : origin.step + horizon, column]
        present = np.zeros(horizon, bool)
        present[: len(values)] = ~np.isnan(values)
        if not present.all():
            raise DataError(
                f"{table.name}: the covariate {name!r}, known in the future, has no "
                f"value at {written(times[~present])}. Add rows for the {horizon} "
                "steps to forecast, with empty values."
            )


def _csv(header: list[str], rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    named = [safe_cell(name) for name in header]
    csv.writer(stream, lineterminator="\n").writerows([named, *rows])
    return stream.getvalue().encode()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

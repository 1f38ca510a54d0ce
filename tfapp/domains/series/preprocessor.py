"""Raw values with timestamps to what the network sees, in TensorFlow operations."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.lookup import HoldsTables, lookup_table
from tfapp.domains.series.calendar_ops import (
    calendar_waves,
    format_times,
    parse_times,
    steps_ahead,
)
from tfapp.domains.series.reading.frequency import Frequency
from tfapp.domains.series.scaling import Scaling, read_scaling

SMALLEST_DEVIATION = 1e-6


@dataclass(frozen=True)
class Layout:
    """Names and sizes of what goes in and out.

    Args:
        window: steps that a forecast looks back.
        horizon: steps that it looks ahead.
        targets: names of the values to forecast.
        future: names of covariates known in advance.
        past: names of covariates known until now.
        static: names of numbers that describe a series.
        calendar: cycles that are read from the timestamps: "day", "week", "year".
        frequency: of the steps.
        many: whether the file held several series, which a request then names.
    """

    window: int
    horizon: int
    targets: tuple[str, ...]
    future: tuple[str, ...]
    past: tuple[str, ...]
    static: tuple[str, ...]
    calendar: tuple[str, ...]
    frequency: Frequency
    many: bool


@dataclass(frozen=True, eq=False)
class SeriesPreprocessor(HoldsTables):
    """Scale a batch of windows by what training has measured.

    A series that training has not seen is scaled by the mean and the deviation of the
    window itself.

    Args:
        layout: names and sizes.
        scaling: of the training part.
    """

    layout: Layout
    scaling: Scaling

    media_type = "application/json"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends.

        "timestamps" (batch, window) ISO 8601; "values" (batch, window, targets);
        "future" (batch, window + horizon, covariates); "past" (batch, window,
        covariates); "static" (batch, numbers); "series" (batch,), its name.
        """
        layout = self.layout
        both = layout.window + layout.horizon
        specs = {
            "timestamps": tf.TensorSpec((None, layout.window), tf.string),
            "values": _numbers(layout.window, len(layout.targets)),
            "future": _numbers(both, len(layout.future)),
            "past": _numbers(layout.window, len(layout.past)),
            "static": _numbers(len(layout.static)),
            "series": tf.TensorSpec((None,), tf.string),
        }
        here = {
            "timestamps": True,
            "values": True,
            "future": layout.future,
            "past": layout.past,
            "static": layout.static,
            "series": layout.many,
        }
        return {name: spec for name, spec in specs.items() if here[name]}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return the network's inputs: "history" alone, or a dict by name."""
        times = self.times(raw)
        values = _present(raw["values"], self.layout.targets, raw["timestamps"])
        moments = self.moments(raw)
        found = {"history": (values - moments[:, :1]) / moments[:, 1:]}
        if "past" in raw:
            past = _present(raw["past"], self.layout.past, raw["timestamps"])
            found["past"] = _scaled(past, self.scaling.past)
        future = []
        if "future" in raw:
            given = self._future(raw["future"], times)
            future.append(_scaled(given, self.scaling.future))
        if self.layout.calendar:
            future.append(calendar_waves(times, self.layout.calendar))
        if future:
            found["future"] = tf.concat(future, axis=-1)
        if "static" in raw:
            found["static"] = _scaled(raw["static"], self.scaling.static)
        return found if len(found) > 1 else found["history"]

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description; see `read_preprocessor`."""
        return {"layout": asdict(self.layout), "scaling": self.scaling.describe()}

    def times(self, raw: Mapping[str, Any]) -> Any:
        """Return seconds of window and horizon, int64 (batch, window + horizon).

        Raises:
            tf.errors.InvalidArgumentError: for timestamps that are not one step apart.
        """
        seconds = parse_times(raw["timestamps"])
        frequency = self.layout.frequency
        after = steps_ahead(seconds[:, -1], frequency, self.layout.horizon)
        expected = steps_ahead(seconds[:, 0], frequency, self.layout.window - 1)
        even = tf.reduce_all(expected == seconds[:, 1:])
        message = (
            f"`timestamps` must be {frequency} apart, without gaps, the oldest first"
        )
        with tf.control_dependencies([tf.debugging.Assert(even, [message])]):
            return tf.concat([seconds, after], axis=1)

    def moments(self, raw: Mapping[str, Any]) -> Any:
        """Return mean and deviation of each series, float32 (batch, 2, targets)."""
        known = tf.constant(self.scaling.targets, tf.float32)
        if not self.layout.many:
            return known
        values = raw["values"]
        mean, variance = tf.nn.moments(values, axes=[1])
        deviation = tf.sqrt(variance)
        deviation = tf.where(deviation > SMALLEST_DEVIATION, deviation, 1.0)
        own = tf.stack([mean, deviation], axis=1)
        place = self._places.lookup(raw["series"])
        stored = tf.gather(known, tf.maximum(place, 0))
        return tf.where((place >= 0)[:, None, None], stored, own)

    @cached_property
    def _places(self) -> Any:
        names = self.scaling.names
        return lookup_table(names, range(len(names)), -1, tf.string)

    def _future(self, given: Any, times: Any) -> Any:
        return _present(given, self.layout.future, format_times(times))


def read_preprocessor(described: Mapping[str, Any]) -> SeriesPreprocessor:
    """Return what `SeriesPreprocessor.describe` wrote."""
    table = dict(described["layout"])
    table["frequency"] = Frequency(**table["frequency"])
    for name in ("targets", "future", "past", "static", "calendar"):
        table[name] = tuple(table[name])
    return SeriesPreprocessor(Layout(**table), read_scaling(described["scaling"]))


def _numbers(*shape: int) -> Any:
    return tf.TensorSpec((None, *shape), tf.float32)


def _scaled(values: Any, moments: np.ndarray) -> Any:
    mean, deviation = (tf.constant(row, tf.float32) for row in moments)
    return (values - mean) / deviation


def _present(values: Any, names: tuple[str, ...], times: Any) -> Any:
    """Refuse values that are missing or infinite, by column and time.

    Args:
        values: (batch, steps, columns).
        names: of the columns.
        times: string (batch, steps).
    """
    wrong = tf.where(tf.logical_not(tf.math.is_finite(values)))[:1]
    column = tf.gather(tf.constant(names), wrong[:, 2])
    time = tf.gather_nd(times, wrong[:, :2])
    right = tf.equal(tf.shape(wrong)[0], 0)
    check = tf.debugging.Assert(right, ["no finite value of", column, "at", time])
    with tf.control_dependencies([check]):
        return tf.identity(values)

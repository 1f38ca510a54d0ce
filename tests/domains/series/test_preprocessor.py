"""Times in the graph against NumPy, and raw values against the scaled windows."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.series.calendar_ops import (
    PERIODS,
    calendar_waves,
    format_times,
    parse_times,
    steps_ahead,
)
from tfapp.domains.series.preprocessor import (
    Layout,
    SeriesPreprocessor,
    read_preprocessor,
)
from tfapp.domains.series.reading.frequency import Frequency
from tfapp.domains.series.scaling import Scaling

DAYS = np.arange("1895-01-01", "2110-01-01", 13, dtype="datetime64[D]")


def test_times_are_read_and_written_as_numpy_does():
    """Two centuries of days, leap years among them, and times of day."""
    times = DAYS.astype("datetime64[s]") + np.arange(len(DAYS)) * 997 % 86400
    texts = times.astype(str)
    found = parse_times(tf.constant(texts))
    np.testing.assert_array_equal(found.numpy(), times.astype(np.int64))
    assert [t.decode() for t in format_times(found).numpy()] == texts.tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07", "2026-07-01T00:00:00"),
        ("2026-07-14", "2026-07-14T00:00:00"),
        ("2026-07-14 12:30", "2026-07-14T12:30:00"),
        ("2026-07-14T12:30:05Z", "2026-07-14T12:30:05"),
    ],
)
def test_short_forms_are_filled_up(text, expected):
    """Months, days, minutes, and the mark of UTC."""
    assert format_times(parse_times(tf.constant([text]))).numpy() == [expected.encode()]


def test_other_texts_are_refused():
    """The first wrong one is named."""
    with pytest.raises(tf.errors.InvalidArgumentError, match="yesterday"):
        parse_times(tf.constant(["2026-07-14", "yesterday"]))


@pytest.mark.parametrize(
    ("frequency", "start"),
    [
        (Frequency("second", 900), "2026-12-31T23:15"),
        (Frequency("second", 604_800), "2026-12-31"),
        (Frequency("month", 1), "2027-11-30"),
        (Frequency("month", 1, month_end=True), "2027-11-30"),
        (Frequency("month", 3), "2026-10-01"),
        (Frequency("month", 12), "2024-02-29"),
        (Frequency("business day", 1), "2026-07-01T17:00"),
        (Frequency("business day", 1), "2026-07-03"),
    ],
)
def test_steps_ahead_are_those_of_the_reading(frequency, start):
    """The graph and NumPy name the same times."""
    last = np.datetime64(start, "s")
    expected = frequency.times(last, np.arange(1, 15))
    found = steps_ahead(tf.constant([int(last.astype(int))], tf.int64), frequency, 14)
    np.testing.assert_array_equal(found.numpy()[0], expected.astype(np.int64))


def test_waves_come_back_after_their_period():
    """A quarter of a day on, the sine is 1; a period later nothing has changed."""
    seconds = tf.constant([[0, 21_600, 86_400]], tf.int64)
    waves = calendar_waves(seconds, ("day",)).numpy()[0]
    np.testing.assert_allclose(waves, [[0, 1], [1, 0], [0, 1]], atol=1e-6)
    assert calendar_waves(seconds, tuple(PERIODS)).shape == (1, 3, 6)


LAYOUT = Layout(
    window=4,
    horizon=2,
    targets=("a", "b"),
    future=("holiday",),
    past=("rain",),
    static=("size",),
    calendar=("day",),
    frequency=Frequency("second", 3600),
    many=True,
)
SCALING = Scaling(
    ("x", "y"),
    np.array([[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]]),
    np.array([[1.0], [2]]),
    np.array([[10.0], [5]]),
    np.array([[0.0], [1]]),
)
PREPROCESSOR = SeriesPreprocessor(LAYOUT, SCALING)


def raw(series=("y",), start="2026-01-01T22:00"):
    """Return raw inputs of windows of the given series."""
    count = len(series)
    times = (np.datetime64(start, "s") + np.arange(4) * 3600).astype(str)
    generator = np.random.default_rng(0)
    return {
        "timestamps": tf.constant([times] * count),
        "values": tf.constant(generator.normal(0, 9, (count, 4, 2)), tf.float32),
        "future": tf.constant(generator.normal(0, 9, (count, 6, 1)), tf.float32),
        "past": tf.constant(generator.normal(0, 9, (count, 4, 1)), tf.float32),
        "static": tf.constant(generator.normal(0, 9, (count, 1)), tf.float32),
        "series": tf.constant(list(series)),
    }


def test_raw_values_are_scaled_by_their_series():
    """By hand, a series that training has not seen by its own window."""
    given = raw(("y", "new"))
    found = PREPROCESSOR(given)
    values = given["values"].numpy()
    np.testing.assert_allclose(
        found["history"][0], (values[0] - [5, 6]) / [7, 8], rtol=1e-5
    )
    own = (values[1] - values[1].mean(axis=0)) / values[1].std(axis=0)
    np.testing.assert_allclose(found["history"][1], own, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["past"], (given["past"] - 10) / 5, rtol=1e-5)
    np.testing.assert_allclose(
        found["future"][..., :1], (given["future"] - 1) / 2, rtol=1e-5
    )
    assert found["future"].shape == (2, 6, 3)
    np.testing.assert_allclose(found["future"][0, 2, 1:], [0, 1], atol=1e-6)


def test_the_signature_names_what_a_client_sends():
    """Specs fit the raw inputs; what the data lacks is not asked for."""
    given = raw(("x", "y", "z"))
    assert set(PREPROCESSOR.raw) == set(given)
    for name, spec in PREPROCESSOR.raw.items():
        assert spec.is_compatible_with(given[name])
    bare = replace(LAYOUT, future=(), past=(), static=(), calendar=(), many=False)
    scaling = replace(SCALING, names=("",), targets=SCALING.targets[:1])
    one = SeriesPreprocessor(bare, scaling)
    assert set(one.raw) == {"timestamps", "values"}
    kept = {n: given[n] for n in one.raw}
    np.testing.assert_allclose(
        one(kept), (given["values"] - [1.0, 2]) / [3.0, 4], rtol=1e-5
    )


def test_the_description_gives_the_same_preprocessor():
    """Through JSON and back, inside a graph."""
    again = read_preprocessor(json.loads(json.dumps(PREPROCESSOR.describe())))
    assert again.layout == LAYOUT
    found = tf.function(again)(raw())
    for name, tensor in PREPROCESSOR(raw()).items():
        np.testing.assert_allclose(found[name], tensor, rtol=1e-6, atol=1e-6)


def test_gaps_and_missing_values_are_refused():
    """Column and time of what is missing; timestamps that are not a step apart."""
    given = raw()
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 hour apart"):
        PREPROCESSOR(given | {"timestamps": given["timestamps"][:, ::-1]})
    future = given["future"].numpy()
    future[0, 5, 0] = np.nan
    message = "(?s)holiday.*2026-01-02T03:00:00"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        PREPROCESSOR(given | {"future": tf.constant(future)})
    values = given["values"].numpy()
    values[0, 1, 1] = np.inf
    with pytest.raises(tf.errors.InvalidArgumentError, match="(?s)b.*2026-01-01T23:00"):
        PREPROCESSOR(given | {"values": tf.constant(values)})

"""Forecasts of exported models: raw values in, values with timestamps out."""

import csv
import io
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.series.test_load import LONG, load
from tests.domains.series.tiny import long, wide
from tfapp.base.errors import DataError
from tfapp.data.spec import Pass
from tfapp.domains.series.forecasting.interface import INTERFACE, prediction, read
from tfapp.domains.series.intervals import fit_intervals
from tfapp.domains.series.models.linear_forecaster import linear_forecaster
from tfapp.domains.series.models.recurrent_forecaster import recurrent_forecaster
from tfapp.export.saved_model import write_saved_model
from tfapp.export.signatures import DEFAULT, compiled
from tfapp.export.spec import Exported
from tfapp.layers.outputs import logits_model


def answered(dataset, model, rows, calibration=None):
    """Return what the one signature answers to raw rows, as arrays."""
    network = logits_model(model)  # what an export takes: without quantiles
    exported = Exported(network, dataset.preprocessor, dataset.info, calibration or {})
    [signature] = INTERFACE.signatures(exported).values()
    raw = {
        name: tf.constant(np.stack([row[name] for row in rows]))
        for name in signature.inputs
    }
    found = tf.function(lambda **inputs: signature.function(**inputs))(**raw)
    return {name: tensor.numpy() for name, tensor in found.items()}


@pytest.mark.slow
def test_an_untrained_forecast_repeats_the_last_raw_value(tmp_path):
    """In the unit of the file, with the twelve months that follow."""
    dataset = load(wide(tmp_path / "w.csv"))
    rows = [dataset.raw(e) for e in dataset.examples["test"][:3]]
    found = answered(dataset, linear_forecaster(dataset.info), rows)
    assert set(found) == {"timestamps", "targets", "forecast"}
    one = prediction({name: array[0] for name, array in found.items()})
    header = one.files["forecast.csv"].decode().splitlines()[0]
    assert header == "timestamp,a forecast,b forecast"
    assert one.columns["targets"] == ["a", "b"]
    for i, row in enumerate(rows):
        last = np.repeat(row["values"][-1:], 12, axis=0)
        np.testing.assert_allclose(found["forecast"][i], last, rtol=1e-5)
        start = np.datetime64(row["timestamps"][-1], "M")
        times = (start + np.arange(1, 13)).astype("datetime64[s]").astype(str)
        assert [t.decode() for t in found["timestamps"][i]] == times.tolist()


@pytest.mark.slow
def test_intervals_are_those_of_the_assessment(tmp_path):
    """The graph multiplies as NumPy does, and turns the ends into raw values."""
    dataset = load(wide(tmp_path / "w.csv"))
    keras.utils.set_random_seed(0)
    model = recurrent_forecaster(dataset.info, units=8, segment=12)
    parts = {}
    for split in ("validation", "test"):
        batches = dataset.batches(dataset.examples[split], Pass())
        history = np.concatenate([h for h, _ in batches])
        parts[split] = history, np.asarray(model(history))
    truth = dataset.targets(dataset.examples["validation"])
    intervals = fit_intervals(truth, parts["validation"][1], parts["validation"][0])
    rows = [dataset.raw(e) for e in dataset.examples["test"]]
    found = answered(dataset, model, rows, {"intervals": intervals.describe()})
    history, forecasts = parts["test"]
    lower, upper = intervals.around(forecasts, history)
    mean, deviation = dataset.preprocessor.scaling.targets[0]
    for name, scaled in (
        ("forecast", forecasts),
        ("lower_80", lower[0]),
        ("upper_95", upper[1]),
    ):
        expected = scaled * deviation + mean
        np.testing.assert_allclose(found[name], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_a_file_gives_a_forecast_for_each_series(tmp_path):
    """The steps behind the last value, with the covariates of the rows after it."""
    dataset = load(long(tmp_path / "l.csv"), horizon=5, window=14, **LONG)
    path = long(tmp_path / "new.csv", items=("x", "new"), future=5, seed=3)
    rows = list(read(path, dataset.preprocessor))
    assert [row["series"] for row in rows] == ["new", "x"]
    assert rows[0]["timestamps"][-1].startswith("2020-08-27")
    assert rows[0]["future"].shape == (19, 1)
    model = recurrent_forecaster(dataset.info, units=8, segment=7, quantiles=(0.1, 0.9))
    found = answered(dataset, model, rows)
    assert found["timestamps"][0][0] == b"2020-08-28T00:00:00"
    assert (found["forecast"] > 50).all()
    one = prediction({name: array[0] for name, array in found.items()})
    assert "5 steps from 2020-08-28T00:00:00" in one.text
    table = list(csv.DictReader(io.StringIO(one.files["forecast.csv"].decode())))
    assert [row["timestamp"][:10] for row in table][-1] == "2020-09-01"
    assert float(table[0]["forecast"]) == pytest.approx(
        found["forecast"][0, 0, 0], rel=1e-6
    )


@pytest.mark.parametrize("future", [0, 3])
def test_missing_covariates_of_the_future_are_named(tmp_path, future):
    """Column and timestamps, and how to add them."""
    dataset = load(long(tmp_path / "l.csv"), horizon=5, window=14, **LONG)
    path = long(tmp_path / "new.csv", items=("x",), future=future)
    first = np.datetime64("2020-08-28") + future
    message = rf"'holiday', known in the future, has no value at {first}.*Add rows"
    with pytest.raises(DataError, match=message):
        list(read(path, dataset.preprocessor))


def test_files_that_are_too_short_are_refused(tmp_path):
    """The number of steps and the number needed."""
    dataset = load(long(tmp_path / "l.csv"), horizon=5, window=14, **LONG)
    path = long(tmp_path / "new.csv", items=("x",), steps=10, future=5)
    with pytest.raises(DataError, match="10 steps of 1 day.*looks back 14"):
        list(read(path, dataset.preprocessor))


def test_a_savedmodel_of_several_series_holds_their_names(tmp_path):
    """The table of names goes with it: read back, it answers as before."""
    dataset = load(long(tmp_path / "l.csv"), **LONG)
    assert dataset.preprocessor.layout.many
    network = logits_model(linear_forecaster(dataset.info))
    exported = Exported(network, dataset.preprocessor, dataset.info, {})
    functions = {n: compiled(s) for n, s in INTERFACE.signatures(exported).items()}
    raw = dataset.raw(dataset.examples["test"][0])
    given = {name: tf.constant(value)[None] for name, value in raw.items()}
    expected = functions[DEFAULT](**given)["forecast"]
    write_saved_model(tmp_path / "1", network, functions, dataset.preprocessor)
    found = tf.saved_model.load(str(tmp_path / "1")).signatures[DEFAULT](**given)
    np.testing.assert_allclose(found["forecast"], expected, rtol=1e-5)


def test_a_preprocessor_is_pickled_without_its_table(tmp_path):
    """Another process makes its own."""
    dataset = load(long(tmp_path / "l.csv"), **LONG)
    raw = dataset.raw(dataset.examples["test"][0])
    given = {name: tf.constant(value)[None] for name, value in raw.items()}
    expected = dataset.preprocessor(given)
    again = pickle.loads(pickle.dumps(dataset.preprocessor))
    tf.nest.map_structure(np.testing.assert_array_equal, again(given), expected)

"""Forecasting networks: shapes, levels, covariates, quantiles, saving."""

import os
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.series.models.linear_forecaster import linear_forecaster as linear
from tfapp.domains.series.models.recurrent_forecaster import (
    recurrent_forecaster as recurrent,
)

BUILDERS = {
    "linear": linear,
    "elman": partial(recurrent, cell="elman"),
    "lstm": partial(recurrent, cell="lstm"),
    "gru": recurrent,
}
WINDOW, HORIZON, TARGETS = 12, 4, 3
SHAPES = {
    "history": (WINDOW, TARGETS),
    "past": (WINDOW, 2),
    "future": (WINDOW + HORIZON, 1),
    "static": (5,),
}
JAX = keras.backend.backend() == "jax"


def info(*names):
    """Return what a network learns of data with these inputs."""
    inputs = {n: SimpleNamespace(shape=SHAPES[n], dtype="float32") for n in names}
    return SimpleNamespace(inputs=inputs, target_shape=(HORIZON,), num_outputs=TARGETS)


def batch(*names, size=6, seed=0):
    """Return random inputs."""
    generator = np.random.default_rng(seed)
    return {
        n: generator.normal(0, 1, (size, *SHAPES[n])).astype("float32") for n in names
    }


def predicted(model, inputs):
    """Return outputs as NumPy arrays."""
    outputs = model(inputs if len(inputs) > 1 else inputs["history"])
    return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("inputs", [("history",), tuple(SHAPES)])
def test_forecasts_have_their_shape_and_follow_the_level(name, inputs):
    """A history that is 5 higher gives a forecast that is 5 higher."""
    model = BUILDERS[name](info(*inputs), see_level=False)
    data = batch(*inputs)
    found = predicted(model, data)
    assert found.shape == (6, HORIZON, TARGETS)
    assert found.dtype == np.float32
    moved = predicted(model, data | {"history": data["history"] + 5})
    np.testing.assert_allclose(moved, found + 5, atol=1e-4)


def test_an_untrained_linear_network_repeats_the_last_value():
    """Weights and effects begin at zero."""
    data = batch(*SHAPES)
    found = predicted(linear(info(*SHAPES)), data)
    np.testing.assert_array_equal(found, np.repeat(data["history"][:, -1:], HORIZON, 1))


@pytest.mark.parametrize("options", [{}, {"trend_steps": 5}])
def test_linear_forecasts_are_sums_by_hand(options):
    """NumPy computes the moving average and the weighted sums."""
    model = linear(info("history"), see_level=False, **options)
    generator = np.random.default_rng(1)
    weights = [generator.normal(0, 1, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    history = batch("history")["history"]
    moved = history - history[:, -1:]
    padded = np.pad(moved, ((0, 0), (2, 2), (0, 0)), mode="edge")
    trend = np.stack([padded[:, t : t + 5].mean(axis=1) for t in range(WINDOW)], axis=1)
    parts = [trend, moved - trend] if options else [moved]
    expected = history[:, -1:] + sum(
        np.einsum("bwt,wh->bht", part, weights[2 * i]) + weights[2 * i + 1][:, None]
        for i, part in enumerate(parts)
    )
    np.testing.assert_allclose(
        predicted(model, {"history": history}), expected, atol=1e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_networks_that_see_the_level_learn_a_return_to_the_mean(name):
    """What follows is half of the last value, whatever the changes before it."""
    model = BUILDERS[name](info("history"))
    history = batch("history", size=256)["history"]
    truth = np.repeat(0.5 * history[:, -1:], HORIZON, axis=1)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    model.fit(history, truth, epochs=30, batch_size=64, verbose=0)
    found = predicted(model, {"history": history})
    assert np.mean((found - truth) ** 2) < 0.1 * np.var(truth)


@pytest.mark.parametrize("name", BUILDERS)
def test_targets_share_their_weights(name):
    """Exchanged columns give exchanged forecasts."""
    model = BUILDERS[name](info("history"))
    data = batch("history")
    found = predicted(model, data)
    turned = predicted(model, {"history": data["history"][..., ::-1].copy()})
    np.testing.assert_allclose(turned, found[..., ::-1], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_covariates_of_the_future_act_on_their_step(name):
    """A model trained on y = covariate learns it; the history alone cannot."""
    model = BUILDERS[name](info("history", "future"))
    data = batch("history", "future", size=256)
    data["history"] *= 0
    truth = np.repeat(data["future"][:, -HORIZON:], TARGETS, axis=2)
    truth = truth - data["future"][:, WINDOW - 1 : WINDOW]
    model.compile(keras.optimizers.Adam(0.02), "mse")
    model.fit(data, truth, epochs=30, batch_size=64, verbose=0)
    assert np.mean((predicted(model, data) - truth) ** 2) < 0.1 * np.var(truth)


@pytest.mark.parametrize("name", BUILDERS)
def test_quantiles_are_sorted_and_files_give_the_same(name, tmp_path):
    """Two outputs, and a .keras file that answers alike."""
    model = BUILDERS[name](info(*SHAPES), quantiles=(0.1, 0.5, 0.9))
    generator = np.random.default_rng(2)
    model.set_weights([generator.normal(0, 0.3, w.shape) for w in model.get_weights()])
    data = batch(*SHAPES)
    found = predicted(model, data)
    assert found["quantiles"].shape == (6, HORIZON, TARGETS, 3)
    assert (np.diff(found["quantiles"], axis=-1) >= 0).all()
    model.save(tmp_path / "m.keras")
    again = predicted(keras.models.load_model(tmp_path / "m.keras"), data)
    for key, values in found.items():
        np.testing.assert_array_equal(again[key], values)


@pytest.mark.parametrize("name", ["elman", "lstm", "gru"])
def test_segments_cover_the_newest_values(name):
    """With segments of 5 the oldest two of twelve values are not read."""
    model = BUILDERS[name](info("history"), segment=5, linear_path=False)
    data = batch("history")
    found = predicted(model, data)
    data["history"][:, :2] += 9
    np.testing.assert_array_equal(predicted(model, data), found)
    data["history"][:, 2] += 9
    assert np.abs(predicted(model, data) - found).max() > 1e-4


def test_deeper_networks_and_a_linear_path_are_built():
    """Two recurrent layers, a step for each value, and weights that begin at zero."""
    model = recurrent(info("history"), depth=2, segment=1, units=4, linear_path=True)
    assert {"recurrent1", "recurrent2", "linear_path"} <= {x.name for x in model.layers}
    assert predicted(model, batch("history")).shape == (6, HORIZON, TARGETS)


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (linear, {"trend_steps": 4}, "`trend_steps` must be odd and at most .* 12"),
        (linear, {"quantiles": (0.9, 0.1)}, "`quantiles` must be increasing"),
        (linear, {"normalization": "first"}, "`normalization` must be one of"),
        (recurrent, {"segment": 13}, "`segment` must be at most the window of 12"),
    ],
)
def test_wrong_options_are_refused(build, options, message):
    """The option, what it may be, and what it was."""
    with pytest.raises(ModelError, match=message):
        build(info("history"), **options)


@pytest.mark.nightly
@pytest.mark.skipif(JAX, reason="this is the process that it starts")
def test_the_same_holds_under_jax():
    """All tests above pass in a fresh process on the JAX backend."""
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stdout[-3000:]

"""Running statistics measured anew, against those of all examples in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.conftest import SIZE, make_dataset
from tests.training.loop.test_epochs import network
from tfapp.data.spec import Pass
from tfapp.recipes.config import Recipe
from tfapp.tasks import get_task
from tfapp.training.loop.statistics import MeasuredStatistics
from tfapp.training.passes import DataPasses
from tfapp.training.phase import Phase, PhasePlan, RunSetup, epochs_of
from tfapp.training.speed.fused_normalization import fuse

IMAGES = np.random.default_rng(0).uniform(0, 255, (40, SIZE, SIZE, 3)).astype("float32")


@pytest.mark.parametrize("twin", [fuse, lambda model: model])
def test_statistics_are_those_of_all_examples(twin):
    """Batches of unequal size count by their examples; momentum is left as it was."""
    model = network(dropout=0.0)
    (norm,) = [
        x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)
    ]
    norm.moving_mean.assign(norm.moving_mean + 7.0)
    before = keras.Model(model.input, norm.input).predict(IMAGES, verbose=0)
    batches = tf.data.Dataset.from_tensor_slices((IMAGES, np.zeros(40))).batch(6)
    MeasuredStatistics(twin(model)).measure(batches)
    np.testing.assert_allclose(norm.moving_mean, before.mean((0, 1, 2)), rtol=1e-3)
    np.testing.assert_allclose(norm.moving_variance, before.var((0, 1, 2)), rtol=1e-3)
    assert norm.momentum == 0.99


def test_frozen_statistics_stay():
    """What came with pretrained weights is not measured."""
    model = network()
    model.trainable = False
    before = [v.numpy() for v in model.variables]
    batches = tf.data.Dataset.from_tensor_slices((IMAGES, np.zeros(40))).batch(8)
    MeasuredStatistics(model).measure(batches)
    for value, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(value, variable)


def test_averaged_weights_are_judged_by_their_own_statistics():
    """Within the context the network answers as in training; afterwards all is back."""
    recipe = Recipe.model_validate(
        {
            "task": "image_classification",
            "model": {"name": "small_cnn"},
            "data": {"path": "digits", "batch_size": 4},
            "training": {"ema_momentum": 0.9},
        }
    )
    dataset, model = make_dataset(), network(dropout=0.0)
    validation = dataset.batches(dataset.examples["validation"], Pass())
    phase = Phase(PhasePlan("t", 1, 0.05), model, DataPasses(dataset, 0), validation)
    task = get_task("image_classification")
    epochs = epochs_of(
        phase, RunSetup(task, dataset.info, recipe.training, recipe.runtime)
    )
    epochs.begin(lambda: 0.0)
    while epochs.done < epochs.total:
        epochs.advance()
    norm = next(x for x in model.layers if "normalization" in x.name)
    before = [v.numpy() for v in model.variables]
    maps = keras.Model(model.input, norm.input)
    images = np.concatenate(
        [x for x, _ in DataPasses(dataset, 0)(0).as_numpy_iterator()]
    )
    with epochs.averaged():
        own = maps.predict(images, verbose=0)
        np.testing.assert_allclose(norm.moving_mean, own.mean((0, 1, 2)), rtol=1e-3)
        np.testing.assert_allclose(norm.moving_variance, own.var((0, 1, 2)), rtol=1e-2)
        assert not np.allclose(before[0], model.variables[0])
    for value, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(value, variable)

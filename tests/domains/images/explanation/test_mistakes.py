"""Maps of a report's worst mistakes."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import SIZE, make_dataset, make_model
from tfapp.base.errors import ModelError
from tfapp.data.spec import Pass
from tfapp.domains.images.explanation.gradcam import class_maps
from tfapp.domains.images.explanation.mistakes import mistake_maps
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.overlay import overlay


def test_each_example_gets_the_map_of_its_class():
    """Over several batches, in order: the JPEG shows the map of the given class."""
    model, dataset = make_model(), make_dataset()
    kernel = model.get_layer("head").get_layer("logits").kernel
    kernel.assign(np.random.default_rng(0).normal(size=kernel.shape))
    examples = dataset.examples["test"][:6]
    found = mistake_maps(model, dataset)(examples, [0, 1, 1, 0, 1, 0])
    assert len(found) == 6
    ((_, _), (images, _), *_) = dataset.batches(
        dataset.examples["test"], Pass()
    ).as_numpy_iterator()
    (values,) = class_maps(split(model), images[:1], [(0, 1)])
    expected = overlay(images[0].astype(np.uint8), values / values.max(), signed=False)
    with Image.open(io.BytesIO(found[4])) as image:
        drawn = np.asarray(image, float)
    shown = np.asarray(Image.fromarray(expected).resize(drawn.shape[:2]), float)
    assert drawn.shape == (216, 216, 3)
    assert np.abs(drawn - shown).mean() < 12
    assert np.isfinite(values).all()


def test_a_network_without_maps_is_told_when_asked():
    """Nothing is computed before the report wants it."""
    image = keras.Input((SIZE, SIZE, 3))
    dense = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    draw = mistake_maps(keras.Model(image, dense), make_dataset())
    with pytest.raises(ModelError, match="no convolutional feature map"):
        draw(make_dataset().examples["test"][:1], [0])

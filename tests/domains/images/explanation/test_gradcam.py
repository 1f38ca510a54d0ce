"""Grad-CAM against NumPy, known answers and random weights."""

import keras
import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.domains.images.explanation.conftest import (
    flat_network,
    nested_network,
    random_images,
)
from tfapp.base.reporter import Reporter
from tfapp.domains.images.explanation.gradcam import GradCam, class_maps, gradcam
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.spec import Picture, Subject


def in_numpy(layers, images, index):
    """Compute Grad-CAM of a network with a ReLU layer before its logits, by hand."""
    *convolutional, pooling, hidden, logits = layers
    maps = np.asarray(flat_network(convolutional)(images), "float64")
    count, rows, columns, features = maps.shape
    kernel, bias = (w.astype("float64") for w in hidden.get_weights())
    upper = logits.get_weights()[0].astype("float64")[:, index]
    if pooling.name == "flatten":
        vectors = maps.reshape(count, -1)
    else:
        vectors = maps.mean(axis=(1, 2))
    active = vectors @ kernel + bias > 0
    gradient = (active * upper) @ kernel.T  # of the logit by the vector
    if pooling.name == "flatten":
        weights = gradient.reshape(maps.shape).mean(axis=(1, 2))
    else:
        weights = gradient / (rows * columns)
    return np.maximum(np.einsum("brcf,bf->brc", maps, weights), 0)


@pytest.mark.parametrize("pooling", ["avg", "flatten"])
@pytest.mark.parametrize("index", [0, 2])
def test_equals_a_calculation_in_numpy(pooling, index):
    """The gradient through ReLU, dense layers and pooling is the one by hand."""
    model, layers = nested_network(pooling)
    images = random_images()
    found = class_maps(split(model), images, [(i, index) for i in range(4)])
    expected = in_numpy(layers, images, index)
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_nested_equals_flat():
    """Models inside the model change nothing, nor do the other images of a batch."""
    model, layers = nested_network()
    images = random_images()
    pairs = [(0, 1), (0, 2), (3, 0)]
    nested = class_maps(split(model), images, pairs)
    plain = class_maps(split(flat_network(layers)), images, pairs)
    np.testing.assert_allclose(nested, plain, atol=1e-7)
    alone = class_maps(split(model), images[3:], [(0, 0)])
    np.testing.assert_allclose(nested[2:], alone, atol=1e-6)


def test_lights_where_the_network_looks(corner):
    """Light in the watched quarter is marked, light elsewhere is not."""
    picture = np.full((16, 16, 1), 30, np.uint8)
    picture[2:6, 2:6] = picture[10:14, 10:14] = 250
    logits = np.asarray(corner(picture[np.newaxis].astype("float32")))[0]
    subject = Subject(corner, ("corner", "other"), None, None, Reporter(quiet=True))
    explain = gradcam(subject)
    assert explain.facts == {"layer": "positive", "grid": [16, 16]}
    ticks = []
    (finding,) = explain([Picture(picture, logits, (0, 1))], ticks.append)
    heat, other = finding.heats
    assert heat.values.max() == pytest.approx(1.0)
    # One feature map: both lights are marked, since Grad-CAM weights whole maps.
    assert heat.values[3, 3] == pytest.approx(1.0)
    assert not other.values.any()
    assert finding.facts[1]["x"] is None
    assert ticks == [1]


def test_weights_each_feature_map_by_its_class():
    """Of two maps that see two corners, only the one that the class uses is drawn."""
    image = keras.Input((8, 8, 2))
    maps = keras.layers.Conv2D(2, 1, use_bias=False, name="maps")(image)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    model = keras.Model(image, keras.layers.Dense(2, use_bias=False)(pooled))
    model.layers[1].set_weights([np.eye(2).reshape(1, 1, 2, 2)])
    model.layers[-1].set_weights([np.eye(2)])
    images = np.zeros((1, 8, 8, 2), "float32")
    images[0, :2, :2, 0] = images[0, -2:, -2:, 1] = 1
    first, second = class_maps(split(model), images, [(0, 0), (0, 1)])
    assert first[:2, :2].all()
    assert first.sum() == pytest.approx(first[:2, :2].sum())
    assert second.sum() == pytest.approx(second[-2:, -2:].sum())
    assert second.any()


@pytest.mark.slow
def test_maps_change_when_the_weights_are_randomised():
    """A map that does not depend on the weights explains nothing (Adebayo et al. 2018).

    The network is trained to find a bright square among noise; each image's map is
    compared with that of the network after its weights were drawn anew.
    """
    images, labels = _squares(64)
    model = _finder(seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, labels, epochs=40, batch_size=32, verbose=0)
    assert (np.argmax(model.predict(images, verbose=0), 1) == labels).mean() > 0.9
    pairs = [(i, int(label)) for i, label in enumerate(labels)]
    trained = class_maps(split(model), images, pairs)
    again = class_maps(split(model), images, pairs)
    model.set_weights(_finder(seed=9).get_weights())
    random = class_maps(split(model), images, pairs)
    assert _similarity(trained, again) == pytest.approx(1.0)
    assert abs(_similarity(trained, random)) < 0.5


def _squares(count):
    """Return noisy images with a square at the left (0) or the right (1)."""
    random = np.random.default_rng(0)
    images = random.uniform(0, 60, (count, 16, 16, 1)).astype("float32")
    labels = np.arange(count) % 2
    for image, label in zip(images, labels, strict=True):
        top = random.integers(0, 12)
        image[top : top + 4, 2 + 8 * label : 6 + 8 * label] += 150
    return images, labels


def _finder(seed):
    keras.utils.set_random_seed(seed)
    image = keras.Input((16, 16, 1))
    x = keras.layers.Rescaling(1 / 255)(image)
    for _ in range(2):
        x = keras.layers.Conv2D(8, 3, activation="relu", padding="same")(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(image, keras.layers.Dense(2)(x))


def _similarity(first, second):
    """Return the mean rank correlation of maps that are not empty."""
    pairs = [
        (a.ravel(), b.ravel())
        for a, b in zip(first, second, strict=True)
        if np.ptp(a) and np.ptp(b)
    ]
    assert len(pairs) > 20
    return np.mean([spearmanr(a, b).statistic for a, b in pairs])


JAX = """
import json, sys
import keras, numpy as np
from pathlib import Path
from tfapp.domains.images.explanation.gradcam import class_maps
from tfapp.domains.images.explanation.network import split
from tfapp.export.keras_file import load_model
model, images = load_model(Path(sys.argv[1])), np.load(sys.argv[2])
found = class_maps(split(model), images, [(0, 0), (1, 2)])
print(json.dumps([keras.config.backend(), found.tolist()]))
"""


@pytest.mark.slow
def test_the_same_on_jax(in_fresh_process, tmp_path):
    """The gradient of the other backend gives the same maps."""
    pytest.importorskip("jax", reason="the extra 'jax' is not installed")
    model, _ = nested_network()
    images = random_images()
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "images.npy", images)
    files = tmp_path / "m.keras", tmp_path / "images.npy"
    backend, found = in_fresh_process(JAX, *files, KERAS_BACKEND="jax")
    assert backend == "jax"
    expected = class_maps(split(model), images, [(0, 0), (1, 2)])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_bfloat16_gives_nearly_the_same_maps():
    """A network in mixed precision is explained too, in float32 arrays."""
    exact, _ = nested_network()
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        mixed, _ = nested_network()
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.set_weights(exact.get_weights())
    images = random_images()
    pairs = [(i, 0) for i in range(4)]
    found = class_maps(split(mixed), images, pairs)
    expected = class_maps(split(exact), images, pairs)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected, atol=0.05 * expected.max())


def test_an_explainer_serves_many_pictures():
    """Each picture gets the maps of its own classes."""
    model, _ = nested_network()
    images = np.rint(random_images()).astype(np.uint8)
    pictures = [Picture(x, np.zeros(3), (i % 3, 2)) for i, x in enumerate(images)]
    found = GradCam(split(model), ("a", "b", "c"))(pictures, lambda count: None)
    assert [f.facts[0]["class"] for f in found] == ["a", "b", "c", "a"]
    maps = class_maps(split(model), images[1:2].astype("float32"), [(0, 1)])
    np.testing.assert_allclose(
        found[1].heats[0].values, maps[0] / maps[0].max(), atol=1e-5
    )

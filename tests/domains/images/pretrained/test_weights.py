"""Networks filled from files of every kind, against Keras' own loading."""

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format
from keras.src.utils import file_utils
from PIL import Image

from tfapp.base.errors import ModelError, WeightsError
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.file_choice import resolve_weights
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.pretrained.weights import load_backbone, load_classifier

DATA = os.environ.get("TFAPP_DATA", "")
WEIGHTS = os.environ.get("TFAPP_WEIGHTS", "")
needs_weights = pytest.mark.skipif(
    not WEIGHTS, reason="TFAPP_WEIGHTS names no folder of pretrained weights"
)
SHAPE = (32, 32, 3)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights; Keras' folder is empty, too."""
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("TFAPP_WEIGHTS", str(own))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return own


@pytest.fixture
def images() -> np.ndarray:
    """Two random inputs, float32 (2, 32, 32, 3)."""
    return np.random.default_rng(0).normal(size=(2, *SHAPE)).astype("float32")


def describe(folder: Path, file: str, extractor: str, **keys: object) -> None:
    """Append an entry to the folder's weights.toml."""
    entry = {"file": file, "extractor": extractor, "trained_on": "imagenet", **keys}
    lines = [f"{key} = {value!r}" for key, value in entry.items()]
    with (folder / "weights.toml").open("a") as stream:
        stream.write("\n".join(["[[weights]]", *lines, ""]))


def randomize(network: keras.Model) -> keras.Model:
    """Give every weight, batch statistics included, a value unlike its first one."""
    generator = np.random.default_rng(1)

    def value(array: np.ndarray) -> np.ndarray:
        if array.ndim < 2:
            return generator.uniform(0.5, 1.5, array.shape).astype(array.dtype)
        deviation = np.prod(array.shape[:-1]) ** -0.5
        return generator.normal(0, deviation, array.shape).astype(array.dtype)

    for layer in network.layers:
        layer.set_weights([value(np.asarray(a)) for a in layer.get_weights()])
    return network


def save_as_keras_does(network: keras.Model, path: Path) -> None:
    """Write the older HDF5 layout, which keras.applications' files have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as group:
        legacy_h5_format.save_weights_to_hdf5_group(group, network)


def mobilenet(**arguments: object) -> keras.Model:
    """Return Keras' own MobileNet, a quarter as wide, with random weights."""
    arguments = {"alpha": 0.25, "weights": None, **arguments}
    return randomize(keras.applications.MobileNet(**arguments))


@pytest.mark.parametrize(
    "name",
    ["mobilenet_v3_small", pytest.param("efficientnet_b0", marks=pytest.mark.slow)],
)
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined or non-square")
def test_equals_keras_with_its_own_file(
    name: str, tmp_path: Path, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in Keras' folder gives bit for bit the features that Keras gives."""
    extractor = EXTRACTORS[name]
    builder = getattr(keras.applications, extractor.builder)
    path = tmp_path / "keras" / "models" / extractor.file
    plain = builder(weights=None, include_top=False, input_shape=SHAPE)
    save_as_keras_does(randomize(plain), path)
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setitem(EXTRACTORS, name, replace(extractor, hash=digest))
    monkeypatch.setattr(file_utils, "get_file", lambda *_, **__: str(path))
    expected = builder(include_top=False, input_shape=SHAPE)(images)
    backbone = load_backbone(name, SHAPE)
    assert float(np.std(expected)) > 0
    np.testing.assert_array_equal(backbone(images), expected)


def test_takes_a_file_with_a_top_for_any_size(folder: Path, images: np.ndarray) -> None:
    """A classifier's file fills the network without its top, at another size."""
    classifier = mobilenet(classes=5)
    classifier.save_weights(folder / "top.weights.h5")
    arguments = "arguments = { alpha = 0.25, include_top = true, classes = 5 }\n"
    describe(folder, "top.weights.h5", "mobilenet", output="conv_pw_13_relu")
    with (folder / "weights.toml").open("a") as stream:
        stream.write(arguments)
    expected = mobilenet(include_top=False, input_shape=SHAPE)
    expected.set_weights(classifier.get_weights()[: len(expected.weights)])
    backbone = load_backbone("mobilenet", SHAPE)
    np.testing.assert_array_equal(backbone(images), expected(images))
    middle = load_backbone("mobilenet", SHAPE, output="conv_pw_5_relu")
    assert middle.output_shape == (None, 4, 4, 64)
    file = resolve_weights("mobilenet", "imagenet")
    assert file is not None
    loaded = load_classifier(file)
    noise = np.random.default_rng(2).normal(size=(1, 224, 224, 3))
    np.testing.assert_array_equal(loaded(noise), classifier(noise))


@pytest.mark.slow
def test_takes_the_head_of_convnext(folder: Path) -> None:
    """ConvNeXt's last layer has another name with a top; its weights are found."""
    classifier = randomize(keras.applications.ConvNeXtTiny(weights=None, classes=2))
    classifier.save_weights(folder / "c.weights.h5")
    describe(folder, "c.weights.h5", "convnext_tiny")
    with (folder / "weights.toml").open("a") as stream:
        stream.write("arguments = { include_top = true, classes = 2 }\n")
    backbone = load_backbone("convnext_tiny", SHAPE)
    for received, expected in zip(
        backbone.get_weights(), classifier.get_weights(), strict=False
    ):
        np.testing.assert_array_equal(received, expected)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["whole", "cut", "top"])
def test_recognises_a_file_without_description(
    form: str, folder: Path, images: np.ndarray
) -> None:
    """A bare path may hold the network whole, cut at the layer, or with a top."""
    source = randomize(
        keras.applications.MobileNetV3Small(
            weights=None,
            include_top=form == "top",
            input_shape=(224, 224, 3) if form == "top" else SHAPE,
        )
    )
    output = "expanded_conv_4_add"
    part = keras.Model(source.input, source.get_layer(output).output)
    saved = part if form == "cut" else source
    saved.save_weights(folder / "w.weights.h5")
    path = str(folder / "w.weights.h5")
    backbone = load_backbone("mobilenet_v3_small", SHAPE, path, output)
    names = [layer.name for layer in backbone.layers if layer.weights]
    weights = [source.get_layer(name).get_weights() for name in names]
    for name, arrays in zip(names, weights, strict=True):
        received = backbone.get_layer(name).get_weights()
        for expected, array in zip(arrays, received, strict=True):
            np.testing.assert_array_equal(array, expected)
    assert backbone.output_shape == (None, 2, 2, 40)


def test_refuses_a_file_that_fits_in_no_form(folder: Path) -> None:
    """The message tells what differs in each form that was tried."""
    mobilenet(include_top=False).save_weights(folder / "m.weights.h5")
    with pytest.raises(WeightsError) as caught:
        load_backbone("vgg16", SHAPE, str(folder / "m.weights.h5"), "block1_pool")
    message = str(caught.value)
    assert "m.weights.h5' fits 'vgg16' in no form. cut at 'block1_pool': it" in message
    assert "without its top: it holds 135 arrays. Expected 26." in message
    assert "with 1000 classes: it holds 135 arrays. Expected 32." in message
    assert "weights.toml" in message
    assert "\n" not in message


def test_refuses_a_layer_behind_the_end_of_the_file(folder: Path) -> None:
    """A cut file cannot give later layers, and a misspelt one is another error."""
    (folder / "cut.weights.h5").write_bytes(b"unread")
    describe(folder, "cut.weights.h5", "vgg16", output="block2_pool")
    with pytest.raises(WeightsError, match="ends at layer 'block2_pool'.*before 'blo"):
        load_backbone("vgg16", SHAPE, output="block5_pool")
    with pytest.raises(ModelError, match="no layer 'blok5_pool'. Did you mean one of"):
        load_backbone("vgg16", SHAPE, output="blok5_pool")


def test_random_weights_need_no_file() -> None:
    """`weights = "none"` builds the network, cut where asked."""
    backbone = load_backbone("vgg16", SHAPE, "none", "block2_pool")
    assert backbone.output_shape == (None, 8, 8, 128)


@pytest.mark.slow
@needs_weights
@pytest.mark.parametrize("size", [160, 224, 299])
def test_genuine_cut_file_at_any_size(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """InceptionV3 up to mixed8 equals Keras' own loading, bit for bit."""
    monkeypatch.setenv("TFAPP_WEIGHTS", WEIGHTS)
    shape = (size, size, 3)
    whole = keras.applications.InceptionV3(
        weights=None, include_top=False, input_shape=shape
    )
    expected = keras.Model(whole.input, whole.get_layer("mixed8").output)
    file = resolve_weights("inception_v3", "imagenet")
    assert file is not None
    expected.load_weights(file.path)
    backbone = load_backbone("inception_v3", shape)
    assert backbone.output_shape[-1] == 1280
    images = np.random.default_rng(0).uniform(-1, 1, (2, *shape))
    np.testing.assert_array_equal(backbone(images), expected(images))


@pytest.mark.slow
@needs_weights
def test_genuine_classifier_knows_imagenet(monkeypatch: pytest.MonkeyPatch) -> None:
    """MobileNetV2 with its top classifies 89.6 % of the sample photos."""
    if not DATA:
        pytest.skip("TFAPP_DATA names no folder of data sets")
    monkeypatch.setenv("TFAPP_WEIGHTS", WEIGHTS)
    file = resolve_weights("mobilenet_v2", "imagenet")
    assert file is not None
    assert file.batch_norm_folded
    samples = np.load(Path(DATA) / "imagenet_samples_224" / "samples250_jpeg.npz")
    data, offsets = samples["data"].tobytes(), samples["offsets"]
    spans = zip(offsets[:-1], offsets[1:], strict=True)
    photos = [Image.open(io.BytesIO(data[a:b])).convert("RGB") for a, b in spans]
    pixels = np.stack([np.asarray(photo) for photo in photos])
    classifier = load_classifier(file)
    inputs = keras.Input((224, 224, 3))
    model = keras.Model(inputs, classifier(normalized_pixels(inputs, "tf")))
    found = model.predict(pixels, batch_size=50, verbose=0).argmax(axis=1)
    assert (found == samples["labels"]).mean() == pytest.approx(0.896, abs=0.01)
    backbone = load_backbone("mobilenet_v2", (224, 224, 3))
    assert backbone.output_shape == (None, 7, 7, 1280)
    end = keras.Model(classifier.input, classifier.get_layer("out_relu").output)
    batch = pixels[:2] / 127.5 - 1
    np.testing.assert_array_equal(backbone(batch), end(batch))

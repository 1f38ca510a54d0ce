"""Fast style: the network, its loss, and what an export answers."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfapp.base.errors import DataError, ModelError
from tfapp.data.context import LoadContext
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.style.fast.data import check_pictures, pictures
from tfapp.domains.images.style.fast.interface import style_signatures
from tfapp.domains.images.style.fast.layers.reflection_padding import ReflectionPadding
from tfapp.domains.images.style.fast.models.style_network import style_network
from tfapp.domains.images.style.fast.perceptual_loss import PerceptualLoss
from tfapp.domains.images.style.features.extraction import Extraction, Layers
from tfapp.domains.images.style.features.objective import Objective, Weights
from tfapp.domains.images.style.features.targets import Style
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig

LAYERS = Layers(("block1_relu1", "block2_relu1"), ("block2_relu1",))
RANDOM = np.random.default_rng(0)


def info(height=48, width=64):
    """Return what a network for pictures is built for."""
    return DataInfo({"image": InputSpec((height, width, 3))}, (height, width), 3)


def test_reflection_padding_is_that_of_numpy():
    """The border is mirrored, its outermost line not repeated."""
    images = RANDOM.random((2, 5, 6, 3)).astype("float32")
    layer = ReflectionPadding(2)
    expected = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)], mode="reflect")
    np.testing.assert_array_equal(np.asarray(layer(images)), expected)
    assert layer.compute_output_shape((None, None, 6, 3)) == (None, None, 10, 3)
    assert ReflectionPadding.from_config(layer.get_config()).width == 2


def test_network_keeps_the_size():
    """Pictures come out as large as they go in."""
    model = style_network(info(), width=2, blocks=1)
    images = RANDOM.uniform(0, 255, (2, 48, 64, 3)).astype("float32")
    assert model(images).shape == images.shape
    with pytest.raises(ModelError, match="multiples of 4. Received: 50x64"):
        style_network(info(50))


def test_loss_of_a_batch_is_that_of_each_picture():
    """It equals the loss by which a single picture is drawn."""
    extraction = Extraction("vgg_small", "tiny_imagenet", [*LAYERS.style])
    style = RANDOM.random((64, 64, 3)).astype("float32")
    contents = RANDOM.random((2, 64, 96, 3)).astype("float32")
    drawn = RANDOM.uniform(-0.2, 1.2, (2, 64, 96, 3)).astype("float32")
    weights = Weights(1.0, 10.0, 0.5, 20.0)
    loss = PerceptualLoss(extraction, LAYERS, style, weights)
    values = np.asarray(loss.call(255 * contents, 255 * drawn))
    for content, picture, value in zip(contents, drawn, values, strict=True):
        objective = Objective(extraction, LAYERS, content, [Style(style)], weights)
        assert value == pytest.approx(objective(picture)[0], rel=1e-3)


def test_export_answers_pictures_of_any_size():
    """JPEG in, JPEG of that size out, and no value outside the range."""
    model = style_network(info(), width=2, blocks=1)
    *_, last = (w for w in model.trainable_variables if w.name == "kernel")
    last.assign(100 * last)
    exported = Exported(model, ImagePreprocessor((48, 64)), info())
    signatures = style_signatures(exported)
    for size, expected in (((61, 47), (61, 47)), ((13, 9), (13, 9))):
        stream = io.BytesIO()
        Image.new("RGB", size, "red").save(stream, "JPEG")
        data = tf.constant([stream.getvalue()])
        [answer] = (
            signatures["serving_default"]
            .function(image_bytes=data)["picture_bytes"]
            .numpy()
        )
        assert Image.open(io.BytesIO(answer)).size == expected
    images = RANDOM.integers(0, 256, (2, 30, 50, 3)).astype("uint8")
    pictures_ = signatures["serve_images"].function(images=images)["pictures"]
    assert pictures_.shape == (2, 30, 50, 3)
    assert (np.min(pictures_), np.max(pictures_)) == (0, 255)


@pytest.mark.slow
def test_folders_without_pictures_are_refused(tmp_path):
    """A file, an empty folder and too few pictures are named."""

    def context(path):
        config = DataConfig(kind="pictures", path=str(path))
        return LoadContext(config, 0, None, tmp_path / "cache")

    with pytest.raises(DataError, match="holds no picture"):
        check_pictures(context(tmp_path))
    Image.new("RGB", (50, 50), "red").save(tmp_path / "a.png")
    with pytest.raises(DataError, match="no folder"):
        pictures(context(tmp_path / "a.png"))
    assert "too few" in "".join(check_pictures(context(tmp_path)).lines())

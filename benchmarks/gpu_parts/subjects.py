"""The networks that are measured, each with its loss and one batch.

Every import of tfapp is in a function here, and of networks, layers and losses alone.
The policy of the layers is Keras' global one, which the caller sets before.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from gpu_parts.sizes import (
    BATCHES,
    CHARACTERS,
    CLASSES,
    LENGTH,
    SEQUENCES,
    SIDES,
    TINY_LSTM,
    TINY_SIDES,
    UNITS,
)

LAST_BLOCKS = {
    "VGG16": "block5_conv1",
    "MobileNetV2": "block_16_expand",
    "InceptionV3": "mixed8",
}
"""The first layer that learns; with InceptionV3 what follows this layer."""


class Subject(NamedTuple):
    """A network and one batch.

    Args:
        model: any Keras model.
        loss: of targets and outputs, a scalar.
        inputs: array or dict of arrays, batch first.
        targets: the same.
        items: what a batch counts as: images, or characters.
    """

    model: keras.Model
    loss: Callable[[Any, Any], Any]
    inputs: Any
    targets: Any
    items: int


def pretrained(name: str, *, batch: int = 0, tiny: bool = False) -> Subject:
    """Return a network of keras.applications under one dense layer, weights random.

    Args:
        name: VGG16, MobileNetV2 or InceptionV3.
        batch: images; 0 for that of `BATCHES`.
        tiny: smallest images, two of them.
    """
    side = (TINY_SIDES if tiny else SIDES)[name]
    batch = 2 if tiny else batch or BATCHES[name]
    extractor = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(side, side, 3)
    )
    x = keras.layers.GlobalAveragePooling2D()(extractor.output)
    outputs = keras.layers.Dense(CLASSES, dtype="float32", name="head")(x)
    random = np.random.default_rng(0)
    return Subject(
        keras.Model(extractor.input, outputs),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        random.random((batch, side, side, 3), np.float32),
        random.integers(0, CLASSES, batch).astype("int32"),
        batch,
    )


def thaw(model: keras.Model, name: str, job: str) -> None:
    """Let the head, the last block or all layers of a `pretrained` network learn."""
    learns = job == "all"
    for layer in model.layers:
        block = job == "last_block" and layer.name == LAST_BLOCKS[name]
        after = block and name == "InceptionV3"
        layer.trainable = learns or layer.name == "head" or (block and not after)
        learns = learns or block


def capsnet(*, batch: int = 128, tiny: bool = False) -> Subject:
    """Return the CapsNet of 2017 as pipelines/capsules/capsnet_2017.toml has it.

    It draws the true class in training, so the label goes in with the image.
    """
    from tfapp.domains.images.capsules.layers.losses import (
        MarginLoss,
        ReconstructionLoss,
    )
    from tfapp.domains.images.capsules.models import capsnet as module
    from tfapp.domains.images.shapes import image_info

    sizes: dict[str, Any] = {"filters": 8, "capsules": 2, "decoder_units": (8,)}
    small = sizes if tiny else {}
    model = module.capsnet(
        image_info((28, 28, 1), "0123456789"), variant="code", **small
    )
    mask, decoder = model.get_layer(module.MASK), model.get_layer(module.DECODER)
    label = keras.Input((10,), name="label")
    drawn = decoder(mask(mask.input, label))
    view = keras.Model(
        {"image": model.input, "label": label},
        {"presence": model.output["presence"], "reconstruction": drawn},
    )
    margin, reconstruction = MarginLoss("code"), ReconstructionLoss()

    def loss(targets: Any, outputs: Any) -> Any:
        images, drawn = targets["reconstruction"], outputs["reconstruction"]
        missed = margin(targets["presence"], outputs["presence"])
        return missed + reconstruction(images, drawn)

    images, labels = _labelled(4 if tiny else batch, (28, 28, 1), 10)
    inputs = {"image": images, "label": labels}
    targets = {"presence": labels, "reconstruction": images}
    return Subject(view, loss, inputs, targets, len(images))


def matrix_capsules(*, batch: int = 64, tiny: bool = False) -> Subject:
    """Return the small matrix capsules on images as smallNORB has them."""
    from tfapp.domains.images.capsules.layers.losses import GrowingMargin, SpreadLoss
    from tfapp.domains.images.capsules.models import matrix_capsules as module
    from tfapp.domains.images.shapes import image_info

    shape = (20, 20, 2) if tiny else (32, 32, 2)
    model = module.matrix_capsules(image_info(shape, "01234"))
    margin = GrowingMargin(name="margin", dtype="float32")
    view = keras.Model(model.input, margin(model.output["presence"]))
    images, labels = _labelled(2 if tiny else batch, shape, 5)
    return Subject(view, SpreadLoss(), images, labels, len(images))


def _labelled(batch: int, shape: tuple[int, ...], classes: int) -> tuple[Any, Any]:
    """Return random images in [0, 255] and one-hot labels."""
    random = np.random.default_rng(0)
    images = random.random((batch, *shape), np.float32) * 255
    return images, np.eye(classes, dtype="float32")[random.integers(0, classes, batch)]


def unet(*, batch: int = 8, tiny: bool = False) -> Subject:
    """Return the U-Net of the paper, 572x572 pixels in and 388x388 out."""
    from tfapp.domains.images.segmentation.models.unet import unet as build
    from tfapp.domains.images.shapes import image_info

    sizes: dict[str, Any] = {"width": 4, "depth": 2}
    side, small = (44, sizes) if tiny else (572, {})
    batch = 2 if tiny else batch
    model = build(image_info((side, side, 1), "01"), **small)
    random = np.random.default_rng(0)
    return Subject(
        model,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        random.random((batch, side, side, 1), np.float32) * 255,
        random.integers(0, 2, (batch, *model.output.shape[1:3])).astype("int32"),
        batch,
    )


def lstm(*, cudnn: bool = True, tiny: bool = False) -> Subject:
    """Return two LSTM layers of 512 over one-hot characters, and a dense layer.

    Args:
        cudnn: let Keras choose cuDNN's kernel where it can; otherwise a loop of XLA.
        tiny: 8 units and short sequences.
    """
    units, sequences, length = TINY_LSTM if tiny else (UNITS, SEQUENCES, LENGTH)
    inputs = keras.Input(batch_shape=(sequences, length), dtype="int32")
    x = keras.ops.one_hot(inputs, CHARACTERS)
    for _ in range(2):
        x = keras.layers.LSTM(
            units, return_sequences=True, use_cudnn="auto" if cudnn else False
        )(x)
    outputs = keras.layers.Dense(CHARACTERS, dtype="float32")(x)
    random = np.random.default_rng(0)
    text = random.integers(0, CHARACTERS, (sequences, length + 1)).astype("int32")
    return Subject(
        keras.Model(inputs, outputs),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        text[:, :-1],
        text[:, 1:],
        sequences * length,
    )

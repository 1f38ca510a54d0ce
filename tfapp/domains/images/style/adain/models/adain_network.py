"""AdaIN's network: a picture and a style in, the picture in that style out."""

from typing import Any, cast

import keras
from keras import ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.pretrained.extractors import find_extractor
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.domains.images.shapes import INPUT
from tfapp.domains.images.style.adain.layers.adaptive_normalization import (
    AdaptiveNormalization,
)
from tfapp.domains.images.style.fast.layers.reflection_padding import (
    ReflectionPadding,
)
from tfapp.domains.images.style.fast.models.style_network import EXACT
from tfapp.domains.images.style.features.extraction import (
    BUILT_SIZE,
    any_size,
    default_layers,
)
from tfapp.domains.images.style.names import DRAWING, MARGIN, PADDING, STYLE


def adain_network(
    info: DataInfo,
    *,
    extractor: str = "vgg_small",
    weights: str = "",
    layer: str = "",
) -> keras.Model:
    """A frozen encoder, the layer that swaps statistics, and a decoder that learns.

    As published but for the encoder, which may be any extractor, and for the borders:
    pictures are padded by reflection before they are encoded, and what the padding
    became is cut from the answer. The decoder halves the channels and doubles the sides
    until they are the picture's; it normalises nothing, as that would undo the style.
    The network is in the layer `drawing`, which takes any size, and alpha.

    Args:
        info: two inputs, `image` and `style`, each (height, width, 3), RGB pixels in
            [0, 255].
        extractor: network whose first layers encode.
        weights: as in `resolve_weights`; "" for those made for it.
        layer: of the extractor, the end of the encoder; "" for the coarsest that
            neural style measures style by: relu4_1 in a VGG.

    Returns:
        keras.Model: {"image", "style"}, float tensors (batch, height, width, 3) →
        float32 tensor of that shape, RGB, nearly within [0, 255].

    Raises:
        ModelError: if there is no such layer, or the sides are not multiples of the
            encoder's stride.

    Reference:
        Huang & Belongie, Arbitrary style transfer in real-time with adaptive instance
        normalization, ICCV 2017, https://arxiv.org/abs/1703.06868
    """
    encoder, stride = _encoder(extractor, weights, layer)
    shape = cast(tuple[int, int, int], info.inputs[INPUT].shape)
    if shape[0] % stride or shape[1] % stride or shape[2] != 3:
        raise ModelError(
            "`adain_network` takes RGB pictures whose sides are multiples of "
            f"{stride}. Received: {shape[0]}x{shape[1]} with {shape[2]} channel(s). "
            "Set `data.options.image_size`, for example to [128, 128]."
        )
    drawing = _drawing(encoder, stride)
    image, style = (
        keras.Input(shape, name=name, dtype="float32") for name in (INPUT, STYLE)
    )
    drawn = drawing([image, style, ops.ones_like(style[:, 0, 0, :1])])
    return keras.Model({INPUT: image, STYLE: style}, drawn, name="adain_network")


def _encoder(extractor: str, weights: str, layer: str) -> tuple[keras.Model, int]:
    """Return a network of pixels of any size that does not learn, and its stride."""
    entry = find_extractor(extractor)
    layer = layer or default_layers(extractor).style[-1]
    side = max(BUILT_SIZE, entry.smallest_size)
    shape = (side, side, 3)
    network = load_backbone(extractor, shape, weights or entry.weights, layer)
    encoder = any_size(network, entry.normalization, "encoder")
    encoder.trainable = False
    return encoder, -(-side // network.output.shape[1])


def _drawing(encoder: keras.Model, stride: int) -> keras.Model:
    """Return the network for pictures of any size that the stride divides."""
    content, style = (keras.Input((None, None, 3), dtype="float32") for _ in range(2))
    alpha = keras.Input((1,), dtype="float32")
    padding = ReflectionPadding(MARGIN * stride, name=PADDING, **EXACT)
    features = [encoder(padding(x), training=False) for x in (content, style)]
    aligned = AdaptiveNormalization(name="adain", **EXACT)(*features, alpha)
    x = _decoder(aligned.shape[-1], stride)(aligned)
    x = keras.layers.Cropping2D(MARGIN * stride, **EXACT)(x)
    return keras.Model([content, style, alpha], x, name=DRAWING)


def _decoder(channels: int, stride: int) -> keras.Model:
    """Return the way from features back to pixels."""
    inputs = x = keras.Input((None, None, channels), dtype="float32")
    for _ in range(stride.bit_length() - 1):
        channels = max(channels // 2, 16)
        x = keras.layers.ReLU(**EXACT)(_convolution(x, channels))
        x = keras.layers.UpSampling2D(2, **EXACT)(x)
        x = keras.layers.ReLU(**EXACT)(_convolution(x, channels))
    x = keras.layers.Rescaling(127.5, 127.5, **EXACT)(_convolution(x, 3))
    return keras.Model(inputs, x, name="decoder")


def _convolution(x: Any, filters: int) -> Any:
    """Return a convolution, padded by reflection."""
    x = ReflectionPadding(1, **EXACT)(x)
    return keras.layers.Conv2D(filters, 3, **EXACT)(x)

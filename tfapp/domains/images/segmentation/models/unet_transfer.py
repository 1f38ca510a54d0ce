"""U-Net whose contracting path is a pretrained network."""

from collections.abc import Sequence
from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.domains.images.segmentation.models.turns import averaged_over_turns
from tfapp.domains.images.segmentation.models.unet import (
    convolution,
    join,
    pixel_logits,
    require_answers,
)
from tfapp.domains.images.shapes import image_shape

SHRINKING = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)
"""Layers that lose pixels at the edges if they are not padded."""


def unet_transfer(
    info: DataInfo,
    *,
    extractor: str = "mobilenet_v2",
    weights: str = "imagenet",
    extractor_output: str = "",
    filters: tuple[int, ...] = (256, 128, 64, 32, 16),
    dropout_rate: float = 0.0,
    margin: int = 0,
    turns: int = 1,
) -> keras.Model:
    """A pretrained network down, convolutions up again, joined at every size.

    The model holds two models by name: `extractor`, inside it the network itself as
    the layer `backbone`, which gives its maps of every size, and `head`, which lets
    them grow, join and answer. Layers of the network without padding are padded, so
    that every map is the image's size over a power of two; the weights stay valid.

    Args:
        info: one input, an image (height, width, channels), RGB pixels in [0, 255]; one
            output per class.
        extractor: name of the network: `tfapp list models`.
        weights: what they were trained on, a file, or "none" for random ones.
        extractor_output: layer at which the network is cut; "" = its last.
        filters: of the expanding path, the last one at the full size; as many are
            taken from the end as the network halves the image.
        dropout_rate: before the logits.
        margin: pixels of the answer that are cut off at each side.
        turns: as for `unet`.

    Returns:
        keras.Model: float tensor (batch, height, width, 3) → float32 logits
        (batch, rows, columns, info.num_outputs), for the pixels in the middle; several
        turns return the dict of `averaged_over_turns`.

    Raises:
        ModelError: if the sides or the layer do not fit.
        WeightsError: if the weights are not here or do not fit.
    """
    shape = image_shape(info)
    backbone = padded(load_backbone(extractor, shape, weights, extractor_output))
    taps = find_taps(backbone)
    _check_taps(taps, backbone, filters, extractor)
    backbone = keras.Model(backbone.input, list(taps.values()), name="backbone")
    extract = _extractor(backbone, EXTRACTORS[extractor].normalization, list(taps))
    head = _head(extract.outputs, info.num_outputs, filters, dropout_rate, margin)
    require_answers(head.output, info, "unet_transfer")
    inputs = keras.Input(shape, name="image")
    outputs = averaged_over_turns(inputs, lambda x: head(extract(x)), turns)
    return keras.Model(inputs, outputs, name=f"unet_{extractor}")


def padded(network: keras.Model) -> keras.Model:
    """Return a network whose layers without padding are padded, with equal weights.

    Layers behind explicit padding stay as they are.

    Args:
        network: functional model of layers that are called once.
    """
    if not any(_unpadded(layer) for layer in network.layers):
        return network

    def padded_layer(layer: Any) -> Any:
        config = layer.get_config()
        if _unpadded(layer):
            config["padding"] = "same"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(network, clone_function=padded_layer)
    copy.set_weights(network.get_weights())
    return copy


def find_taps(backbone: keras.Model) -> dict[int, Any]:
    """Return the last map of every size that the whole network goes through.

    That is, where every path from the image to the output crosses, so that it holds
    all that the network knows at this size.

    Args:
        backbone: functional model of layers that are called once.

    Returns:
        Image height over map height → tensor, the largest map first; the image
        itself is none, nor are maps whose size does not divide the image's.
    """
    height = backbone.input_shape[1]
    last_use = _last_uses(backbone)
    taps, needed_until = {}, 0
    for place, layer in enumerate(backbone.layers):
        tensor = layer.output
        # Nothing made before this layer is taken behind it: all paths cross here.
        if needed_until <= place and _is_map(layer) and not height % tensor.shape[1]:
            taps[height // tensor.shape[1]] = tensor
        needed_until = max(needed_until, last_use.get(id(tensor), 0))
    return dict(sorted(taps.items()))


def _is_map(layer: Any) -> bool:
    """Say whether a layer computes a map that is no mere padding of another."""
    added = isinstance(layer, keras.layers.InputLayer | keras.layers.ZeroPadding2D)
    return not added and len(layer.output.shape) == 4


def _last_uses(backbone: keras.Model) -> dict[int, int]:
    """Return the place of the last layer that takes each tensor, by its id."""
    uses: dict[int, int] = {}
    for place, layer in enumerate(backbone.layers):
        if not isinstance(layer, keras.layers.InputLayer):
            uses |= {id(t): place for t in keras.tree.flatten(layer.input)}
    return uses


def _unpadded(layer: Any) -> bool:
    """Say whether a layer loses pixels at the edges that nothing has added before."""
    if not isinstance(layer, SHRINKING) or layer.padding != "valid":
        return False
    window = getattr(layer, "kernel_size", None) or layer.pool_size
    before = layer.input._keras_history.operation
    return max(window) > 1 and not isinstance(before, keras.layers.ZeroPadding2D)


def _check_taps(
    taps: dict[int, Any],
    backbone: keras.Model,
    filters: Sequence[int],
    extractor: str,
) -> None:
    height, width = backbone.input_shape[1:3]
    deepest = max(taps, default=1)
    halved = deepest.bit_length() - 1
    powers = all(stride & (stride - 1) == 0 for stride in taps)
    whole = taps.get(deepest) is backbone.output and not width % deepest
    if deepest == 1 or not powers or not whole:
        raise ModelError(
            f"Sides of {height}x{width} pixels do not fit "
            f"{extractor!r} as a contracting path: expected multiples of 32. Set "
            "data.options.tile_size, or choose another extractor."
        )
    if halved > len(filters):
        raise ModelError(
            f"`filters` has {len(filters)} numbers, but {extractor!r} halves the image "
            f"{halved} times. Expected at least {halved}."
        )


def _extractor(
    backbone: keras.Model, normalization: str, strides: Sequence[int]
) -> keras.Model:
    """Raw pixels → maps of every size, the largest first, the pixels among them."""
    inputs = keras.Input(backbone.input_shape[1:], name="pixels")
    pixels = normalized_pixels(inputs, normalization)
    maps = keras.tree.flatten(backbone(pixels))
    if 1 not in strides:
        # The finest maps are half the image's size: edges come from the pixels.
        scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
        maps = [scaled, *maps]
    return keras.Model(inputs, maps, name="extractor")


def _head(
    maps: Sequence[Any],
    num_outputs: int,
    filters: Sequence[int],
    dropout_rate: float,
    margin: int,
) -> keras.Model:
    """Maps of every size → float32 logits (batch, rows, columns, num_outputs)."""
    inputs = [
        keras.Input(m.shape[1:], dtype=m.dtype, name=f"map{number}")
        for number, m in enumerate(maps)
    ]
    bridges = {x.shape[1]: x for x in inputs}
    x = inputs[-1]
    height = inputs[0].shape[1]
    levels = (height // x.shape[1]).bit_length() - 1
    for width in filters[len(filters) - levels :]:
        x = keras.layers.UpSampling2D(2, name=f"up{x.shape[1] * 2}_double")(x)
        name = f"up{x.shape[1]}"
        if x.shape[1] in bridges:
            x = join(bridges[x.shape[1]], x, name)
        for number in (1, 2):
            x = convolution(x, width, f"{name}_conv{number}")
    if dropout_rate:
        x = keras.layers.Dropout(dropout_rate, name="dropout")(x)
    return keras.Model(inputs, pixel_logits(x, num_outputs, margin), name="head")

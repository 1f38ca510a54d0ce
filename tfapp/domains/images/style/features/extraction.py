"""Features of pictures of any size, by the names of a network's layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.domains.images.pretrained.extractors import cut, find_extractor
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.domains.images.style.features.boxes import boxes, padded

BUILT_SIZE = 224
"""Height and width at which a network is built; its weights serve any size."""
BACKWARD = 2.5
"""Memory of a gradient, as a multiple of all activations."""


@dataclass(frozen=True)
class Layers:
    """Layers of a network by which style and content are measured.

    Args:
        style: from fine to coarse.
        content: one as a rule.
    """

    style: tuple[str, ...]
    content: tuple[str, ...]


LAYERS = {
    "vgg_small": Layers(
        ("block1_relu1", "block2_relu1", "block3_relu1", "block4_relu1"),
        ("block3_relu2",),
    ),
    "inception_small": Layers(
        ("stem_1_relu", "stem_3_relu", "mixed0", "mixed2", "mixed4"), ("mixed2",)
    ),
    "mobilenet_v2": Layers(
        (
            "Conv1_relu",
            "block_1_expand_relu",
            "block_3_expand_relu",
            "block_6_expand_relu",
            "block_13_expand_relu",
        ),
        ("block_6_expand_relu",),
    ),
    "inception_v3": Layers(
        ("activation_2", "activation_4", "mixed0", "mixed2", "mixed4"), ("mixed2",)
    ),
    "vgg16": Layers(tuple(f"block{i}_conv1" for i in range(1, 6)), ("block4_conv2",)),
    "vgg19": Layers(tuple(f"block{i}_conv1" for i in range(1, 6)), ("block4_conv2",)),
}
"""Extractor → its layers, chosen by looking at the pictures (docs/style.md)."""


class Extraction:
    """A pretrained network whose layers are read.

    Args:
        extractor: name of the network.
        weights: as in `resolve_weights`.
        layers: names of the layers to read, at least one.

    Raises:
        UnknownNameError: if there is no such extractor.
        ModelError: if it has no such layer.
        WeightsError: if its weights are not here or do not fit.
    """

    def __init__(self, extractor: str, weights: str, layers: Sequence[str]) -> None:
        entry = find_extractor(extractor)
        side = max(BUILT_SIZE, entry.smallest_size)
        network = load_backbone(extractor, (side, side, 3), weights)
        for name in layers:
            cut(network, name)  # raises for a layer that there is not
        outputs = {name: network.get_layer(name).output for name in layers}
        fixed = keras.Model(network.input, outputs)
        self.layers = tuple(dict.fromkeys(layers))
        self.bytes_per_pixel = BACKWARD * _activations(fixed) * 4 / side**2
        self.network = any_size(fixed, entry.normalization)
        self.network.trainable = False

    def __call__(self, part: Any) -> Mapping[str, Any]:
        """Return the features of a part of a picture.

        Args:
            part: float tensor (height, width, 3), RGB in [0, 1].

        Returns:
            Layer → float tensor (rows, columns, channels).
        """
        return {name: value[0] for name, value in self._read(part[None]).items()}

    def of_batch(self, pictures: Any) -> Mapping[str, Any]:
        """Return the features of whole pictures of one size, without their borders.

        Args:
            pictures: float tensor (batch, height, width, 3), RGB in [0, 1].

        Returns:
            Layer → float tensor (batch, rows, columns, channels).
        """
        height, width = pictures.shape[1:3]
        [box] = boxes(height, width, height + width)
        features = self._read(padded(pictures))
        return {name: box.crop(value) for name, value in features.items()}

    def _read(self, pictures: Any) -> Mapping[str, Any]:
        return dict(self.network(255.0 * pictures, training=False))


def default_layers(extractor: str) -> Layers:
    """Return the layers of an extractor that serve best.

    Raises:
        ModelError: if none were chosen for it.
    """
    if extractor not in LAYERS:
        raise ModelError(
            f"For extractor {extractor!r} no layers were chosen. Name them in "
            "`task_options.style_layers` and `task_options.content_layers`, or choose "
            f"one of {sorted(LAYERS)}."
        )
    return LAYERS[extractor]


def any_size(
    network: keras.Model, normalization: str, name: str = "features"
) -> keras.Model:
    """Return a network with the same weights for raw pixels of any size.

    It computes in float32: statistics of features need its range.

    Args:
        network: takes pictures of one size, already normalised.
        normalization: mode of `normalized_pixels`.
        name: of what is returned.
    """
    inputs = keras.Input((None, None, 3))
    free = keras.models.clone_model(
        network, input_tensors=inputs, clone_function=_exact
    )
    free.set_weights(network.get_weights())
    pixels = keras.Input((None, None, 3))
    outputs = free(normalized_pixels(pixels, normalization))
    return keras.Model(pixels, outputs, name=name)


def _exact(layer: keras.Layer) -> keras.Layer:
    return type(layer).from_config({**layer.get_config(), "dtype": "float32"})


def _activations(network: keras.Model) -> int:
    """Return the number of scalars that all layers compute of one input."""
    total = 0
    for layer in network.layers:
        shape = layer.output.shape[1:]
        count = 1
        for side in shape:
            count *= side
        total += count
    return total

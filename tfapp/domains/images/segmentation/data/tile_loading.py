"""Images with their masks, decoded, and the weights of their pixels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfapp.data.listing import Source
from tfapp.data.reading_errors import reason, unreadable
from tfapp.data.spec import Example
from tfapp.domains.images.reading.conversion import ConversionError, decodable
from tfapp.domains.images.segmentation.data.border_weights import border_weights
from tfapp.domains.images.segmentation.data.reading import (
    IGNORED,
    read_values,
    to_classes,
)
from tfapp.domains.images.segmentation.data.tiles import (
    TilePreprocessor,
    compiled_decode,
)

KINDS = (tf.uint8, tf.uint8, tf.float32)
"""Of the parts of `Loaded`."""


@dataclass(frozen=True)
class TileOptions:
    """How training tiles are drawn and weighed.

    Args:
        crops: tiles drawn from each image in a pass.
        elastic: standard deviation of the displacements in pixels; 0 for none.
        border_weight: largest weight between objects, added to that of the class.
        border_sigma: width of these weights in pixels.
        class_weights: float32 (num_classes,), or None if all pixels count the same.
        ignore_value: what masks hold where a pixel has no class; -1 for nothing.
    """

    crops: int = 1
    elastic: float = 0.0
    border_weight: float = 0.0
    border_sigma: float = 5.0
    class_weights: np.ndarray | None = None
    ignore_value: int = -1

    @property
    def weighted(self) -> bool:
        """Whether training tiles come with the weights of their pixels."""
        return self.border_weight > 0 or self.class_weights is not None


class Loaded(NamedTuple):
    """An image with its answer.

    Args:
        image: uint8 (height, width, channels).
        classes: uint8 (height, width), class indices, or `IGNORED`.
        weights: float32 (height, width); (1, 1) where pixels are not weighed.
    """

    image: np.ndarray
    classes: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class TileLoader:
    """Reads and decodes examples, and keeps them if there is memory for it.

    Args:
        preprocessor: decodes images; knows what masks hold for each class.
        images: gives the encoded images.
        masks: gives the encoded masks.
        mask_of: name of an image → its mask among `masks`.
        options: how training pixels are weighed.
        keep: whether what was decoded stays in memory.
    """

    preprocessor: TilePreprocessor
    images: Source
    masks: Source
    mask_of: Mapping[str, Example]
    options: TileOptions
    keep: bool
    cache: dict[tuple[str, bool], Loaded] = field(
        default_factory=dict, init=False, repr=False
    )

    def in_graph(self, examples: Sequence[Example]) -> Callable[[Any], Any]:
        """Return a function, for `Dataset.map`, from an index to a `Loaded`."""

        def call(index: Any) -> Loaded:
            return self.load(examples[int(index)])

        channels = self.preprocessor.channels

        def load(index: Any) -> Any:
            parts = tf.numpy_function(call, [index], KINDS, stateful=False)
            shapes = ((None, None, channels), (None, None), (None, None))
            return tuple(map(tf.ensure_shape, parts, shapes))

        return load

    def load(self, example: Example) -> Loaded:
        """Return an example; training examples have weights if pixels are weighed.

        Raises:
            DataError: if the image or the mask can no longer be read.
        """
        weighed = self.options.weighted and example.split == "train"
        key = (example.name, weighed)
        if key in self.cache:
            return self.cache[key]
        encoded = self.masks.read(self.mask_of[example.name])
        values = read_values(encoded, self.preprocessor.max_pixels)
        ignore_value = self.options.ignore_value
        classes = to_classes(values, self.preprocessor.mask_values, ignore_value)
        weights = self._weights(classes) if weighed else np.ones((1, 1), np.float32)
        loaded = Loaded(self._image(example), classes, weights)
        if self.keep and example.split != "test":  # which is read once
            self.cache[key] = loaded
        return loaded

    def _image(self, example: Example) -> np.ndarray:
        try:
            with tf.device("CPU"):
                file = decodable(
                    self.images.read(example), self.preprocessor.max_pixels
                )
                encoded = tf.constant(file)
                image: np.ndarray = compiled_decode(self.preprocessor)(encoded).numpy()
        except ConversionError as error:
            raise unreadable(example.name, str(error)) from error
        except tf.errors.OpError as error:
            raise unreadable(example.name, reason(error)) from error
        return image

    def _weights(self, classes: np.ndarray) -> np.ndarray:
        options = self.options
        classes = np.where(classes == IGNORED, 0, classes)  # whose loss is 0 anyway
        weights = np.ones(classes.shape, np.float32)
        if options.class_weights is not None:
            weights = options.class_weights[classes]
        if options.border_weight:
            weights = weights + border_weights(
                classes, weight=options.border_weight, sigma=options.border_sigma
            )
        return weights

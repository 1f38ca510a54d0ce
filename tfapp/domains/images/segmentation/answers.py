"""What an exported segmentation answers: raw images in, pictures of classes out."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ExportError
from tfapp.export.options import ExportOptions
from tfapp.export.parity import Questions
from tfapp.export.signatures import Signature, strings

CHECKED_SIDES = 1.5
"""Tiles a side of the pixels on which all answers are compared."""


class TilePreprocess(Protocol):
    """Raw images to tiles, and their answers to images, in TensorFlow operations."""

    @property
    def mask_values(self) -> tuple[int, ...]:
        """What masks hold for each class."""

    @property
    def tile_size(self) -> tuple[int, int]:
        """Height and width of a tile in pixels."""

    def decode(self, encoded: Any) -> Any:
        """Turn a scalar string tensor into uint8 (height, width, channels)."""

    def grid(self, size: Any) -> Any:
        """Return the number of tiles (down, right) of an image of a size."""

    def tile(self, image: Any, number: Any) -> Any:
        """Return one tile of an image."""

    def put_together(self, answers: Any, size: Any) -> Any:
        """Return the answers to all tiles as one array of the image's size."""

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""


class Segmenter:
    """Answers for every pixel of images of any size, tile by tile.

    Args:
        model: Keras model, float tensor (batch, *tile_size, channels) in [0, 255] to
            logits (batch, *answer_size, num_classes).
        preprocess: raw images to tiles.
        class_names: names in the order of the logits.
        temperature: divides the logits before the softmax; above 0.
    """

    def __init__(
        self,
        model: Any,
        preprocess: TilePreprocess,
        class_names: Sequence[str],
        temperature: float,
    ) -> None:
        self.preprocess = preprocess
        self.names = tf.constant(list(class_names))
        self.values = tf.constant(preprocess.mask_values, tf.int32)
        self.wide = max(preprocess.mask_values) > 255
        shape = model.input_shape[1:]
        # One traced function for all signatures: the graph is stored and loaded once.
        self.logits = tf.function(
            lambda tiles: (
                tf.cast(model(tiles, training=False), tf.float32) / temperature
            ),
            input_signature=[tf.TensorSpec((1, *shape), tf.float32)],
            autograph=False,
        )
        self.answer_shape = model.output_shape[1:]

    def probabilities(self, image: Any) -> Any:
        """Return the probabilities of the classes of every pixel of one image.

        Args:
            image: uint8 tensor (height, width, channels).

        Returns:
            float32 tensor (height, width, num_classes).
        """
        size = tf.shape(image)[:2]
        count = tf.reduce_prod(self.preprocess.grid(size))

        def answer(number: Any) -> Any:
            tile = tf.cast(self.preprocess.tile(image, number), tf.float32)
            return self.logits(tile[tf.newaxis])[0]

        answers = tf.map_fn(
            answer,
            tf.range(count),
            fn_output_signature=tf.TensorSpec(self.answer_shape, tf.float32),
            # One tile at a time: a large picture must not fill the memory.
            parallel_iterations=1,
        )
        return tf.nn.softmax(self.preprocess.put_together(answers, size))

    def mask(self, probabilities: Any) -> Any:
        """Return the mask's value of every pixel, int32 (height, width)."""
        return tf.gather(self.values, tf.argmax(probabilities, axis=-1))

    def answer(self, image_bytes: Any) -> dict[str, Any]:
        """Answer for a batch of encoded images of any sizes.

        Args:
            image_bytes: string tensor (batch,).

        Returns:
            `mask_bytes` (batch,): PNG pictures of each image's size that hold what
            masks hold for the likeliest class; `probability_bytes` (batch,): PNG
            pictures, 255 where any class but the first is certain; `probabilities`
            (batch, num_classes): share of the picture that each class has, as the
            mean probability of its pixels; `label`, `score`: the class with the
            largest share, and it; `classes` (batch, num_classes): all names.
        """
        kind = tf.TensorSpec((), tf.string)
        shares = tf.TensorSpec(self.answer_shape[-1:], tf.float32)
        masks, pictures, means = tf.map_fn(
            self._answer_one, image_bytes, fn_output_signature=(kind, kind, shares)
        )
        best = tf.argmax(means, axis=-1)
        return {
            "mask_bytes": masks,
            "probability_bytes": pictures,
            "probabilities": means,
            "label": tf.gather(self.names, best),
            "score": tf.reduce_max(means, axis=-1),
            "classes": tf.tile(self.names[tf.newaxis], [tf.shape(means)[0], 1]),
        }

    def answer_arrays(self, images: Any) -> dict[str, Any]:
        """Answer for images of one size.

        Args:
            images: uint8 tensor (batch, height, width, channels).

        Returns:
            `mask`, int32 (batch, height, width): what masks hold for the likeliest
            class; `probabilities`, float32 (batch, height, width, num_classes).
        """
        shape = (None, None, self.answer_shape[-1])
        found = tf.map_fn(
            self.probabilities,
            images,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
        )
        return {"mask": self.mask(found), "probabilities": found}

    def _answer_one(self, encoded: Any) -> tuple[Any, Any, Any]:
        found = self.probabilities(self.preprocess.decode(encoded))
        mask = self.mask(found)
        kind = tf.uint16 if self.wide else tf.uint8
        picture = tf.io.encode_png(tf.cast(mask, kind)[..., tf.newaxis])
        objects = tf.round(255.0 * (1.0 - found[..., :1]))
        shown = tf.io.encode_png(tf.cast(objects, tf.uint8))
        return picture, shown, tf.reduce_mean(found, axis=(0, 1))


def make_segmentation_signatures(
    model: Any, preprocess: TilePreprocess, options: ExportOptions
) -> dict[str, Signature]:
    """Return the signatures of a segmentation by name.

    Args:
        model: see `Segmenter`.
        preprocess: raw images to tiles.
        options: names and temperature.

    Returns:
        "serving_default" takes encoded images as `image_bytes`, string tensor
        (batch,), and answers as `Segmenter.answer`; "serve_images" takes `images`,
        uint8 tensor (batch, any height, any width, channels), and answers as
        `Segmenter.answer_arrays`.
    """
    names, temperature = options.class_names, options.temperature
    segmenter = Segmenter(model, preprocess, names, temperature)
    raw_shape = (None, None, None, model.input_shape[-1])
    # Functions of their own: their argument's name is the input's.
    return {
        "serving_default": Signature(
            lambda image_bytes: segmenter.answer(image_bytes), strings("image_bytes")
        ),
        "serve_images": Signature(
            lambda images: segmenter.answer_arrays(images),
            tf.TensorSpec(raw_shape, tf.uint8, name="images"),
        ),
    }


def make_segmentation_questions(
    model: Any,
    preprocess: TilePreprocess,
    options: ExportOptions,
    signatures: Iterable[str],
) -> Questions:
    """Answer the check images with the Keras model itself, on the CPU.

    Args:
        model: see `Segmenter`.
        preprocess: raw images to tiles.
        options: the check images, at least one, names and temperature.
        signatures: names of those of the exported model.
    """
    names, encoded = options.class_names, options.check_images
    segmenter = Segmenter(model, preprocess, names, options.temperature)
    with tf.device("/CPU:0"):
        decoded = [preprocess.decode(tf.constant(data)) for data in encoded]
        wholes = [segmenter.probabilities(image) for image in decoded]
        images = _corners([image.numpy() for image in decoded], preprocess.tile_size)
        dense = np.stack([segmenter.probabilities(i).numpy() for i in images])
    shares = np.stack([whole.numpy().mean(axis=(0, 1)) for whole in wholes])
    probabilities = {
        name: dense if name == "serve_images" else shares for name in signatures
    }
    if not all(np.isfinite(values).all() for values in probabilities.values()):
        raise ExportError(
            "The model answers NaN or infinity for the check images, so it is not "
            "exported. Train again with a smaller learning rate."
        )
    return Questions(encoded, images, probabilities)


def _corners(images: Sequence[np.ndarray], tile_size: tuple[int, int]) -> np.ndarray:
    """Return the upper left corners of images, cut to one size of several tiles."""
    sides = [
        min(*(image.shape[axis] for image in images), int(CHECKED_SIDES * tile))
        for axis, tile in enumerate(tile_size)
    ]
    return np.stack([image[: sides[0], : sides[1]] for image in images])

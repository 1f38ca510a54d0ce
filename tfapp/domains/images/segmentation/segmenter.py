"""A class for every pixel of images of any size, in one TensorFlow graph."""

from typing import Any

import tensorflow as tf

from tfapp.export.spec import Exported


class Segmenter:
    """Answers for every pixel of images of any size, tile by tile.

    Args:
        exported: its model takes float tiles (batch, *tile_size, channels) in [0, 255]
            and returns logits (batch, *answer_size, num_classes); its preprocessor is
            a `TilePreprocessor`.
    """

    def __init__(self, exported: Exported) -> None:
        model, self.preprocess = exported.model, exported.preprocessor
        temperature = exported.calibration.get("temperature", 1.0)
        self.names = tf.constant(list(exported.info.labels))
        self.values = tf.constant(self.preprocess.mask_values, tf.int32)
        self.wide = max(self.preprocess.mask_values) > 255
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
        probabilities = tf.map_fn(
            self.probabilities,
            images,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
        )
        return {"mask": self.mask(probabilities), "probabilities": probabilities}

    def _answer_one(self, encoded: Any) -> tuple[Any, Any, Any]:
        probabilities = self.probabilities(self.preprocess.decode(encoded))
        mask = self.mask(probabilities)
        kind = tf.uint16 if self.wide else tf.uint8
        picture = tf.io.encode_png(tf.cast(mask, kind)[..., tf.newaxis])
        objects = tf.round(255.0 * (1.0 - probabilities[..., :1]))
        shown = tf.io.encode_png(tf.cast(objects, tf.uint8))
        return picture, shown, tf.reduce_mean(probabilities, axis=(0, 1))

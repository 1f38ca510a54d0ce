"""What an exported fast style takes and answers: pictures in, pictures out."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.reading.decoding import decode_image
from tfapp.domains.images.style.names import DRAWING, SHRINKS
from tfapp.domains.images.uint8_images import UINT8_IMAGES
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Prediction, Signature

LONGEST = 1024
"""Pixels of a side; larger pictures are made smaller, for the memory's sake."""
QUALITY = 92


def style_signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a fast style by name.

    Args:
        exported: its model has the layer `drawing`, which takes pictures of any size.

    Returns:
        "serving_default" takes encoded pictures as `image_bytes`, string tensor
        (batch,), and answers with JPEGs of the same proportions, `picture_bytes`;
        "serve_images" takes `images`, uint8 (batch, any height, any width, 3), and
        answers with `pictures`, float32 of that shape, in [0, 255].
    """
    drawing, preprocessor = exported.model.get_layer(DRAWING), exported.preprocessor
    traced = tf.function(
        lambda images: _drawn(drawing, images),
        input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)],
        autograph=False,
    )

    def encoded(data: Any) -> Any:
        image = small(decode_image(data, preprocessor.max_pixels))
        return jpeg_of(traced(image[tf.newaxis])[0])

    def serving_default(image_bytes: Any) -> Mapping[str, Any]:
        kind = tf.TensorSpec((), tf.string)
        answers = tf.map_fn(
            encoded, image_bytes, fn_output_signature=kind, parallel_iterations=1
        )
        return {"picture_bytes": answers}

    def serve_images(images: Any) -> Mapping[str, Any]:
        return {"pictures": traced(tf.cast(images, tf.float32))}

    def raw_images(raw: Arrays) -> Arrays:
        images = tf.cast(preprocessor(raw), tf.uint8).numpy()
        return {"images": images[:, : 3 * images.shape[1] // 4]}

    shape = (None, None, None, 3)
    return {
        DEFAULT: Signature(serving_default, preprocessor.raw),
        UINT8_IMAGES: Signature(
            serve_images, {"images": tf.TensorSpec(shape, tf.uint8)}, raw_images
        ),
    }


def jpeg_of(picture: Any) -> Any:
    """Return a float picture in [0, 255] as a JPEG, a scalar string."""
    pixels = tf.cast(tf.round(picture), tf.uint8)
    return tf.io.encode_jpeg(pixels, format="rgb", quality=QUALITY)


def small(image: Any, longest: int = LONGEST) -> Any:
    """Return a picture as floats, its longest side not longer than given."""
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    factor = tf.minimum(longest / tf.reduce_max(size), 1.0)
    target = tf.maximum(tf.cast(tf.round(size * factor), tf.int32), 1)
    return tf.cond(
        factor < 1.0,
        lambda: tf.clip_by_value(
            tf.image.resize(image, target, antialias=True), 0.0, 255.0
        ),
        lambda: tf.cast(image, tf.float32),
    )


def filled(images: Any, stride: int) -> Any:
    """Repeat the last rows and columns until a stride divides the sides.

    Args:
        images: float tensor (batch, height, width, 3).
        stride: how many times a network shrinks pictures.
    """
    size = tf.shape(images)[1:3]
    least = 4 * stride  # what the padding inside the network needs
    wanted = tf.maximum(-(-size // stride) * stride, least)
    rows = tf.minimum(tf.range(wanted[0]), size[0] - 1)
    columns = tf.minimum(tf.range(wanted[1]), size[1] - 1)
    return tf.gather(tf.gather(images, rows, axis=1), columns, axis=2)


def finished(drawn: Any, size: Any) -> Any:
    """Cut off what `filled` added, and values outside [0, 255].

    Args:
        drawn: float tensor (batch, height, width, 3).
        size: height and width of the pictures that were given.

    Returns:
        float32 tensor (batch, *size, 3).
    """
    pixels = tf.cast(drawn[:, : size[0], : size[1]], tf.float32)
    return tf.clip_by_value(pixels, 0.0, 255.0)


def _drawn(drawing: Any, images: Any) -> Any:
    """Draw pictures of any size: their sides are filled up and cut again."""
    size = tf.shape(images)[1:3]
    answers = drawing(filled(images, SHRINKS), training=False)
    return finished(answers, size)


def picture_prediction(row: Arrays) -> Prediction:
    """Return the picture of an answer as a file.

    Args:
        row: with `picture_bytes`.
    """
    return Prediction("a picture", {}, {"picture.jpg": bytes(row["picture_bytes"])})


INTERFACE = image_interface(
    signatures=style_signatures,
    prediction=picture_prediction,
    preprocessor=ImagePreprocessor.from_description,
    outputs={"picture_bytes": "pictures"},
    batch_sizes=(1,),
)

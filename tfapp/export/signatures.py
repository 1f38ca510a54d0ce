"""What an exported model answers: raw input in, named probabilities out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from tfapp.base.errors import ModelError
from tfapp.export.options import Explain, ExportOptions

PARALLEL_IMAGES = 32
"""Images of one request decoded at the same time, given as many cores."""


class ImagePreprocess(Protocol):
    """Raw images to model inputs, in pure TensorFlow operations."""

    def __call__(self, encoded: Any) -> Any:
        """Turn a scalar string tensor into a float tensor (height, width, channels)."""

    def fit_batch(self, images: Any) -> Any:
        """Resize a uint8 tensor (batch, any, any, channels) to the model's size."""

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""


@dataclass(frozen=True)
class Signature:
    """One function of a SavedModel and the one tensor that it takes."""

    function: Callable[[Any], Mapping[str, Any]]
    input_spec: Any


def make_signatures(
    model: Any, preprocess: ImagePreprocess, options: ExportOptions
) -> dict[str, Signature]:
    """Return the signatures of an image classifier by name.

    Args:
        model: Keras model, float tensor (batch, height, width, channels) in [0, 255]
            to logits (batch, num_classes).
        preprocess: encoded or raw images to inputs of the model.
        options: names, temperature, and what explains.

    Returns:
        "serving_default" takes encoded images as `image_bytes`, string tensor
        (batch,); "serve_images" takes `images`, uint8 tensor (batch, any height, any
        width, channels); both return what `answer` returns. "classify" takes `inputs`,
        string tensor (batch,) of serialized tf.train.Example with one feature
        `image_bytes`, and returns `classes` and `scores` alone, as TensorFlow
        Serving's Classify API wants them. "explain", where the model can be
        explained, takes and returns what "serving_default" does and `explanation_bytes`
        besides: a picture for each image, string tensor (batch,).
    """
    names, temperature = tf.constant(list(options.class_names)), options.temperature
    shape = model.input_shape[1:]
    # One traced function, called by all three: the graph is stored and loaded once.
    predict = tf.function(
        lambda images: probabilities_of(model, images, temperature),
        input_signature=[tf.TensorSpec((None, *shape), tf.float32)],
        autograph=False,
    )

    def serving_default(image_bytes: Any) -> dict[str, Any]:
        return answer(predict(decode_batch(preprocess, image_bytes, shape)), names)

    def serve_images(images: Any) -> dict[str, Any]:
        return answer(predict(fit_batch(preprocess, images, shape)), names)

    def classify(inputs: Any) -> dict[str, Any]:
        feature = {"image_bytes": tf.io.FixedLenFeature([], tf.string)}
        answers = serving_default(tf.io.parse_example(inputs, feature)["image_bytes"])
        return {"classes": answers["classes"], "scores": answers["probabilities"]}

    raw_shape = (None, None, None, shape[-1])
    signatures = {
        "serving_default": Signature(serving_default, strings("image_bytes")),
        "serve_images": Signature(
            serve_images, tf.TensorSpec(raw_shape, tf.uint8, name="images")
        ),
        "classify": Signature(classify, strings("inputs")),
    }
    explain = _explanation_of(model, options)
    if explain is None:
        return signatures

    def explained(image_bytes: Any) -> dict[str, Any]:
        logits, pictures = explain(decode_batch(preprocess, image_bytes, shape))
        answers = answer(_calibrated(logits, temperature), names)
        return {**answers, "explanation_bytes": pictures}

    return signatures | {"explain": Signature(explained, strings("image_bytes"))}


def _explanation_of(model: Any, options: ExportOptions) -> Explain | None:
    """Return what explains the model; None if nothing can, or nobody asked."""
    try:
        return options.explain(model) if options.explain else None
    except ModelError:  # no convolution: the other signatures do without
        return None


def strings(name: str) -> Any:
    """Return the spec of a batch of strings."""
    return tf.TensorSpec((None,), tf.string, name=name)


def decode_batch(
    preprocess: ImagePreprocess, encoded: Any, shape: tuple[int | None, ...]
) -> Any:
    """Decode encoded images, several at a time.

    Args:
        preprocess: decodes one image.
        encoded: string tensor (batch,).
        shape: (height, width, channels) of a model input.

    Returns:
        Float tensor (batch, height, width, channels) in [0, 255].
    """
    return tf.map_fn(
        lambda image: tf.ensure_shape(tf.cast(preprocess(image), tf.float32), shape),
        encoded,
        fn_output_signature=tf.TensorSpec(shape, tf.float32),
        parallel_iterations=PARALLEL_IMAGES,
    )


def fit_batch(
    preprocess: ImagePreprocess, images: Any, shape: tuple[int | None, ...]
) -> Any:
    """Resize raw images: uint8 (batch, any, any, channels) to float (batch, *shape)."""
    fitted = tf.cast(preprocess.fit_batch(images), tf.float32)
    return tf.ensure_shape(fitted, (None, *shape))


def probabilities_of(model: Any, images: Any, temperature: float) -> Any:
    """Return float32 softmax(logits / temperature), (batch, num_classes)."""
    return _calibrated(model(images, training=False), temperature)


def _calibrated(logits: Any, temperature: float) -> Any:
    return tf.nn.softmax(tf.cast(logits, tf.float32) / temperature)


def answer(probabilities: Any, class_names: Any) -> dict[str, Any]:
    """Name the classes of a batch of probabilities.

    Args:
        probabilities: float32 tensor (batch, num_classes).
        class_names: string tensor (num_classes,).

    Returns:
        `probabilities` as received, `label` (batch,) the most probable class, `score`
        (batch,) its probability, `classes` (batch, num_classes) the names in the
        order of the probabilities. No name of a text ends in `_bytes`: TensorFlow
        Serving would base64-encode it in JSON.
    """
    best = tf.argmax(probabilities, axis=-1)
    batch = tf.shape(probabilities)[0]
    return {
        "probabilities": probabilities,
        "label": tf.gather(class_names, best),
        "score": tf.reduce_max(probabilities, axis=-1),
        "classes": tf.tile(class_names[tf.newaxis], [batch, 1]),
    }

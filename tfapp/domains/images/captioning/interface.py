"""What an exported captioner takes and answers."""

from typing import Any

import tensorflow as tf

from tfapp.domains.images.captioning.models.parts import grid_of, writer_of
from tfapp.domains.images.captioning.preprocessor import CaptionPreprocessor, texts_of
from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.uint8_images import UINT8_IMAGES, of_uint8
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Prediction, Signature


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a captioner by name.

    Args:
        exported: its model is a `captioner` or a `captioner_transfer`.

    Returns:
        "serving_default": encoded images as "image_bytes", string (batch,), to
        "caption", string (batch,), the best answer of the beam search; "classes",
        string (batch, beams), all of its answers, and "probabilities", float32 (batch,
        beams); "words", string (batch, steps), of the best, "" behind its end; and
        "attention", float32 (batch, steps, rows, columns), where the network looked for
        each word: of sum 1, and 0 behind the end. "serve_images" takes `images`, uint8
        (batch, any height, any width, channels), and answers alike. With the option
        `explain`, "explain" adds `explanation_bytes`: for each image a JPEG, which
        shows it once for each word, lit where the network looked.
    """
    preprocessor: CaptionPreprocessor = exported.preprocessor
    write, grid = writer_of(exported.model), grid_of(exported.model)
    names = tf.constant(preprocessor.names)

    # Traced once, so that all signatures share one graph of network and search.
    spec = tf.TensorSpec((None, *preprocessor.shape), tf.float32)

    @tf.function(input_signature=[spec], autograph=False)
    def written(images: Any) -> dict[str, Any]:
        ids, scores, weights = write(images)
        every = tf.gather(names, ids)
        captions, words = texts_of(every), every[:, 0]
        weights = tf.where((words != "")[..., tf.newaxis], weights, 0.0)
        steps = tf.shape(words)[1]
        return {
            "caption": captions[:, 0],
            "classes": captions,
            "probabilities": tf.exp(scores),
            "words": words,
            "attention": tf.reshape(weights, (-1, steps, *grid)),
        }

    def answers(images: Any) -> dict[str, Any]:
        found: dict[str, Any] = written(tf.cast(images, tf.float32))
        return found

    def serving_default(**raw: Any) -> dict[str, Any]:
        return answers(preprocessor(raw))

    def explained(**raw: Any) -> dict[str, Any]:
        images = preprocessor(raw)
        found = answers(images)
        return {**found, "explanation_bytes": _strips(images, found["attention"])}

    found = {
        DEFAULT: Signature(serving_default, preprocessor.raw),
        UINT8_IMAGES: of_uint8(exported, answers),
    }
    if exported.options.get("explain", False):
        found["explain"] = Signature(explained, preprocessor.raw)
    return found


def _strips(images: Any, attention: Any) -> Any:
    """Return a JPEG for each image: side by side a picture for each word, or one.

    Args:
        images: float32 (batch, height, width, channels) in [0, 255].
        attention: float32 (batch, steps, rows, columns), 0 behind the end.
    """
    # Only an export explains: to answer, a process should not wait for matplotlib.
    from tfapp.domains.images.explanation.in_graph import as_jpegs, drawn

    highest = tf.reduce_max(attention, axis=(2, 3))
    counts = tf.maximum(tf.reduce_sum(tf.cast(highest > 0, tf.int32), axis=1), 1)

    def strip(parts: Any) -> Any:
        image, weights, count = parts
        weights = weights[:count]
        most = tf.reduce_max(weights, axis=(1, 2), keepdims=True)
        copies = tf.repeat(image[tf.newaxis], count, axis=0)
        pictures = drawn(copies, tf.math.divide_no_nan(weights, most))
        side = tf.shape(pictures)
        wide = tf.transpose(pictures, (1, 0, 2, 3))
        row = tf.reshape(wide, (1, side[1], count * side[2], 3))
        return as_jpegs(row)[0]

    return tf.map_fn(
        strip,
        (tf.cast(images, tf.float32), attention, counts),
        fn_output_signature=tf.TensorSpec((), tf.string),
    )


def prediction(answer: Arrays) -> Prediction:
    """Return the caption of one image, its probability and the other answers.

    Args:
        answer: of one row, see `signatures`.
    """
    best, *others = (_text(text) for text in answer["classes"])
    share = float(answer["probabilities"][0])
    columns = {"caption": best, "probability": share, "others": others}
    return Prediction(f"{best} ({share:.1%})", columns)


INTERFACE = image_interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=CaptionPreprocessor.from_description,
    outputs={
        "caption": "text",
        "probabilities": "classes",
        "explanation_bytes": "pictures",
    },
)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

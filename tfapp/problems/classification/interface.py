"""What an exported classifier takes and answers, whatever its inputs are."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.export.network import network_of
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Prediction, Signature
from tfapp.problems.classification.foreign.familiarity import read_familiarity

CLASSIFY = "classify"
FAMILIAR = "It looks like what was learned from."
FOREIGN = "None of these, probably: it looks like nothing that was learned from."


def class_signatures(
    exported: Exported, classes: Callable[[Any], Mapping[str, Any]] | None = None
) -> dict[str, Signature]:
    """Return the signatures of a classifier of any kind of input.

    Args:
        exported: its preprocessor turns raw inputs into those of the model.
        classes: what `classes_of` returned for it, if others use it too.

    Returns:
        "serving_default" takes the raw inputs and returns what `answer` does. Where
        the only one is a string (batch,), "classify" takes `inputs`, string tensor
        (batch,) of serialized tf.train.Example with one feature of its name, and
        returns `classes` and `scores` alone, as TensorFlow Serving's Classify API
        wants them.
    """
    raw, of_inputs = exported.preprocessor.raw, classes or classes_of(exported)

    def serving_default(**inputs: Any) -> Mapping[str, Any]:
        return of_inputs(exported.preprocessor(inputs))

    signatures = {DEFAULT: Signature(serving_default, raw)}
    if [spec.dtype for spec in raw.values()] != [tf.string]:
        return signatures
    (name,) = raw

    def classify(inputs: Any) -> dict[str, Any]:
        feature = {name: tf.io.FixedLenFeature([], tf.string)}
        answers = serving_default(**tf.io.parse_example(inputs, feature))
        return {"classes": answers["classes"], "scores": answers["probabilities"]}

    def examples(batch: Arrays) -> Arrays:
        serialized = [as_example(name, value) for value in batch[name]]
        return {"inputs": np.array(serialized, object)}

    spec = {"inputs": tf.TensorSpec((None,), tf.string)}
    return signatures | {CLASSIFY: Signature(classify, spec, examples)}


def classes_of(exported: Exported) -> Callable[[Any], Mapping[str, Any]]:
    """Return a function from inputs of the model to what `answer` returns.

    It is traced once, so that signatures which share it store one graph.
    """
    network = shares_of(exported)
    return lambda inputs: answer(exported, **network(inputs))


def shares_of(exported: Exported) -> Callable[[Any], dict[str, Any]]:
    """Return a function from inputs of the model to its probabilities.

    Next to `probabilities` (batch, num_classes) are, where the calibration has a
    familiarity and the model features, `familiarity`, float32 (batch,) in [-1, 1];
    `rejected`, bool (batch,), whether the input is of none of the classes; and
    `remark`, a sentence (batch,) that says so.
    """
    # Only a Keras model needs Keras; a SavedModel answers without its seconds.
    from tfapp.layers.outputs import FEATURES, LOGITS, features_model

    table = exported.calibration.get("familiarity")
    model = features_model(exported.model) if table else None
    if table is None or model is None:
        return network_of(
            exported, lambda logits: {"probabilities": calibrated(exported, logits)}
        )
    known = read_familiarity(table)

    def behind(outputs: Mapping[str, Any]) -> dict[str, Any]:
        rows = tf.math.l2_normalize(tf.cast(outputs[FEATURES], tf.float32), axis=-1)
        cosines = tf.matmul(rows, tf.constant(known.typical), transpose_b=True)
        familiarity = tf.reduce_max(cosines, axis=-1)
        rejected = familiarity < known.threshold
        return {
            "probabilities": calibrated(exported, outputs[LOGITS]),
            "familiarity": familiarity,
            "rejected": rejected,
            "remark": tf.where(rejected, FOREIGN, FAMILIAR),
        }

    return network_of(replace(exported, model=model), behind)


def calibrated(exported: Exported, logits: Any) -> Any:
    """Return float32 softmax(logits / temperature), of the shape of the logits."""
    temperature = exported.calibration.get("temperature", 1.0)
    return tf.nn.softmax(tf.cast(logits, tf.float32) / temperature)


def answer(exported: Exported, probabilities: Any, **more: Any) -> dict[str, Any]:
    """Name the classes of a batch of probabilities.

    Args:
        exported: knows the names.
        probabilities: float32 tensor (batch, num_classes).
        **more: further outputs, as they are.

    Returns:
        `probabilities` as received, `label` (batch,) the most probable class, `score`
        (batch,) its probability, `classes` (batch, num_classes) the names in the
        order of the probabilities. No name of a text ends in `_bytes`: TensorFlow
        Serving would base64-encode it in JSON.
    """
    names = tf.constant(list(exported.info.labels))
    best = tf.argmax(probabilities, axis=-1)
    batch = tf.shape(probabilities)[0]
    return {
        "probabilities": probabilities,
        "label": tf.gather(names, best),
        "score": tf.reduce_max(probabilities, axis=-1),
        "classes": tf.tile(names[tf.newaxis], [batch, 1]),
        **more,
    }


def class_prediction(row: Arrays) -> Prediction:
    """Return the classes of one row with their probabilities.

    Args:
        row: `probabilities`, float (num_classes,), and `classes`, (num_classes,);
            perhaps `familiarity` and `rejected`.
    """
    pairs = zip(row["classes"], row["probabilities"], strict=True)
    shares = {_text(name): float(share) for name, share in pairs}
    label = max(shares, key=lambda name: shares[name])
    columns = {"label": label, "probability": shares[label], "probabilities": shares}
    text = f"{label} {shares[label]:.1%}"
    if "rejected" in row:
        columns["familiarity"] = float(row["familiarity"])
        columns["rejected"] = bool(row["rejected"])
        text = f"none of these; nearest: {text}" if columns["rejected"] else text
    return Prediction(text, columns)


def as_example(name: str, value: bytes) -> bytes:
    """Return a serialized tf.train.Example with one feature of one string."""
    example = tf.train.Example()
    example.features.feature[name].bytes_list.value.append(value)
    return bytes(example.SerializeToString())


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)

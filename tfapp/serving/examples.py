"""Classify and Regress: tf.train.Examples in, labels with scores or values out.

Both exist in REST and gRPC and mean the same, so their rules are here once.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from tfapp.serving.images.headers import checked_pixels
from tfapp.serving.request import Answer, ReadInputs
from tfapp.serving.signature import CLASSIFY, REGRESS, Arrays, Signature
from tfapp.serving.status import invalid
from tfapp.serving.tensors.json_text import text


def read_examples(examples: Sequence[Any], context: Any, method: str) -> ReadInputs:
    """Return how to turn examples into the one input of a signature.

    Args:
        examples: tf.train.Example messages, at least one.
        context: an Example whose features all get, or None.
        method: what the signature must be for: CLASSIFY or REGRESS.
    """

    def read(signature: Signature) -> Arrays:
        name = _require(signature, method)
        serialized = [_merged(example, context) for example in examples]
        column = np.empty(len(serialized), dtype=object)
        column[:] = serialized
        return {name: column}

    if not examples:
        raise invalid("Input is empty.")
    return read


def check_images(signature: Signature, inputs: Arrays, max_pixels: int) -> None:
    """Refuse an image inside a serialized example that claims too many pixels.

    Args:
        signature: only one for examples is looked at, by whatever method it is called.
        inputs: of the request.
        max_pixels: that one image may claim.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    if signature.method not in (CLASSIFY, REGRESS) or not signature.string_input:
        return
    for data in inputs[signature.string_input].ravel():
        try:
            example = tf.train.Example.FromString(data)
        except DecodeError:  # the graph reports what is wrong with it
            continue
        for name, feature in example.features.feature.items():
            for value in feature.bytes_list.value:
                checked_pixels(value, max_pixels, f"The image in feature {name!r}")


def classifications(answer: Answer) -> list[list[tuple[str, float]]]:
    """Return (label, score) pairs of each example, in the order of the outputs.

    Raises:
        RequestError: if the outputs are not `classes` and `scores`, (batch, classes).
    """
    classes, scores = answer.outputs.get("classes"), answer.outputs.get("scores")
    if classes is None and scores is None:
        raise invalid("Expected classification outputs `classes` or `scores`.")
    for array in (classes, scores):
        if array is not None and array.ndim != 2:
            raise invalid(
                "Expected classification outputs (batch, classes). "
                f"Received shape {list(array.shape)}."
            )
    shape = scores.shape if scores is not None else classes.shape  # type: ignore[union-attr]
    if classes is not None and classes.shape != shape:
        raise invalid("The shapes of `classes` and `scores` differ.")
    labels = np.full(shape, b"", dtype=object) if classes is None else classes
    values = np.zeros(shape) if scores is None else scores
    return [
        [(text(a), float(b)) for a, b in zip(*row, strict=True)]
        for row in zip(labels, values, strict=True)
    ]


def regressions(answer: Answer) -> np.ndarray:
    """Return the value of each example, float (batch,).

    Raises:
        RequestError: if the output is not one float, (batch,) or (batch, 1).
    """
    if "outputs" not in answer.outputs:
        raise invalid("Expected regression output `outputs`.")
    values = answer.outputs["outputs"]
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise invalid(
            f"Expected regression output (batch,). Received shape {list(values.shape)}."
        )
    return values


def _require(signature: Signature, method: str) -> str:
    """Return the name of the signature's one input, if it is for this method."""
    if signature.method != method:
        word = {CLASSIFY: "classification", REGRESS: "regression"}[method]
        raise invalid(
            f"Expected {word} signature method_name {method}. "
            f"Received: {signature.method}."
        )
    if not signature.string_input:
        raise invalid("Expected one input, a batch of serialized tf.train.Example.")
    return signature.string_input


def _merged(example: Any, context: Any) -> bytes:
    """Return an example with the features of the context it lacks, serialized."""
    if context is None or not context.features.feature:
        return bytes(example.SerializeToString())
    merged = tf.train.Example()
    merged.CopyFrom(context)
    for name, feature in example.features.feature.items():
        merged.features.feature[name].CopyFrom(feature)
    return bytes(merged.SerializeToString())

"""TensorFlow's errors of a broken pass, in one line with the file's name."""

import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data.spec import Dataset, Example

GRAPH_PLACES = re.compile(r"\{\{.*?\}\}|\[\[.*?\]\]|\[Op:.*?\]|\(\d\) [A-Z_]+:")
NOISE = re.compile(
    r"\s*($|File \"|Graph execution error|Detected at node|<stack traces|\d root error)"
)
ASSERTION = re.compile(r"assertion failed: \[(.*)\]")


def data_error(
    error: Exception, dataset: Dataset, examples: Sequence[Example]
) -> DataError | None:
    """Return the error to show the user when a pass over examples breaks off.

    A vanished file is named by the error itself. A decoder does not know the file it
    decodes, so then the examples are decoded one by one until one fails.

    Args:
        error: tf.errors.OpError raised while batches were read.
        dataset: that gave the batches.
        examples: which of it to search: those of the batch if known, else all.

    Returns:
        The error to raise instead; None if no example is at fault.
    """
    text = reason(error)
    if "stored rows are damaged" in text:
        return DataError(text.partition("DamagedRows: ")[2] or text)
    if "DataError: " in text:  # of our own code inside the pipeline
        return DataError(text.partition("DataError: ")[2])
    if isinstance(error, tf.errors.NotFoundError | tf.errors.PermissionDeniedError):
        path = text.partition(";")[0]
        return unreadable(path, text)
    if isinstance(error, tf.errors.InvalidArgumentError):
        for example in examples:
            if fault := _fault(dataset, example):
                return fault
    return None


def reason(error: Any) -> str:
    """Return the sentence in a TensorFlow error, without places in the graph."""
    text = GRAPH_PLACES.sub("", str(error.message))
    if assertion := ASSERTION.search(text):
        sentence = assertion[1]
    else:
        lines = [line for line in text.splitlines() if not NOISE.match(line)]
        sentence = lines[0] if lines else repr(error)
    return re.sub(r"\s+", " ", sentence).strip().rstrip(".")


def unreadable(path: str, why: str) -> DataError:
    """Return the error for an example that was readable and is not any more."""
    return DataError(
        f"{path} can no longer be read ({why}). Restore it, or run `tfapp check`."
    )


def _fault(dataset: Dataset, example: Example) -> DataError | None:
    """Return the error of an example that cannot be read, None if it can."""
    try:
        with tf.device("CPU"):
            raw = dataset.raw(example)
            dataset.preprocessor({name: tf.constant([v]) for name, v in raw.items()})
    except DataError as error:
        return error
    except tf.errors.OpError as error:
        return unreadable(example.name, reason(error))
    return None

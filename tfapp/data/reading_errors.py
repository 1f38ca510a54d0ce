"""TensorFlow's errors of a broken pass, told in one line with the file's name."""

import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data.spec import Dataset, Example

GRAPH_PLACES = re.compile(r"\{\{.*?\}\}|\[\[.*?\]\]|\[Op:.*?\]")
NOISE = re.compile(r"\s*$|Graph execution error|Detected at node|<stack traces")
ASSERTION = re.compile(r"assertion failed: \[(.*)\]")


def data_error(
    error: Exception, dataset: Dataset, examples: Sequence[Example]
) -> DataError | None:
    """Return what to tell the user when a pass over images breaks off.

    A vanished file is named by the error itself. A decoder does not know the file it
    decodes, so then the examples are decoded one by one until one fails.

    Args:
        error: tf.errors.OpError raised while batches were read.
        dataset: that gave the batches.
        examples: which of it to search: those of the batch if known, else all.

    Returns:
        The error to raise instead; None if no image is at fault.
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
                return unreadable(example.path, fault)
    return None


def reason(error: Any) -> str:
    """Return the sentence in a TensorFlow error, without places in the graph."""
    lines = GRAPH_PLACES.sub("", str(error.message)).splitlines()
    sentences = [line for line in lines if not NOISE.match(line)]
    if not sentences:
        return repr(error)
    assertion = ASSERTION.match(sentences[0].strip())
    text = assertion[1] if assertion else sentences[0]
    return re.sub(r"\s+", " ", text).strip().rstrip(".")


def unreadable(path: str, why: str) -> DataError:
    """Return the error for an image that was readable and is not any more."""
    return DataError(
        f"{path}: the image can no longer be read ({why}). "
        "Restore it, or run `tfapp check`."
    )


def _fault(dataset: Dataset, example: Example) -> str:
    """Return why an example cannot be decoded, "" if it can."""
    try:
        with tf.device("CPU"):
            dataset.preprocess.decode(tf.constant(dataset.read(example)))
    except OSError as error:
        return error.strerror or str(error)
    except tf.errors.OpError as error:
        return reason(error)
    return ""

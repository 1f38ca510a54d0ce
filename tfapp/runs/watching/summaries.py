"""Summaries as TensorBoard's plugins read them, without TensorFlow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.histogram import metadata as histograms
from tensorboard.plugins.image import metadata as images
from tensorboard.plugins.pr_curve import metadata as curves
from tensorboard.plugins.scalar import metadata as scalars
from tensorboard.plugins.text import metadata as texts
from tensorboard.util.tensor_util import make_tensor_proto

THRESHOLDS = 201
"""Of a curve of precision over recall."""
BUCKETS = 30
SMALLEST = 1e-7


def scalar(tag: str, value: float) -> Summary:
    """Return a summary of a number."""
    array = np.float32(value)
    return _summary(tag, array, scalars.create_summary_metadata("", ""))


def picture(tag: str, encoded: bytes, size: tuple[int, int], about: str) -> Summary:
    """Return a summary of an encoded picture.

    Args:
        tag: its name.
        encoded: PNG or JPEG.
        size: width and height in pixels.
        about: how to read it.
    """
    values = [str(size[0]).encode(), str(size[1]).encode(), encoded]
    array = np.array(values, dtype=object)
    return _summary(tag, array, images.create_summary_metadata("", about))


def text(tag: str, markdown: str) -> Summary:
    """Return a summary of a text in Markdown."""
    array = np.array([markdown.encode()], dtype=object)
    return _summary(tag, array, texts.create_summary_metadata("", ""))


def histogram(tag: str, values: np.ndarray) -> Summary:
    """Return a summary of how the values of an array are distributed."""
    flat = values.astype(np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    counts, edges = np.histogram(flat, BUCKETS) if flat.size else ([0], [0.0, 1.0])
    rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
    return _summary(tag, rows, histograms.create_summary_metadata("", ""))


def curve(tag: str, right: np.ndarray, scores: np.ndarray) -> Summary:
    """Return a summary of precision over recall.

    Args:
        tag: its name.
        right: bool (examples,).
        scores: float (examples,) in [0, 1].
    """
    steps = THRESHOLDS - 1
    bins = np.clip(np.floor(scores * steps), 0, steps).astype(int)
    # Of each threshold, how many scores are at it or above.
    positive = _at_least(np.bincount(bins, right, THRESHOLDS))
    negative = _at_least(np.bincount(bins, ~right, THRESHOLDS))
    answered, true = positive + negative, positive[0]
    rows = np.stack(
        [
            positive,
            negative,
            negative[0] - negative,
            true - positive,
            positive / np.maximum(answered, SMALLEST),
            positive / max(true, SMALLEST),
        ]
    )
    meta = curves.create_summary_metadata("", "", THRESHOLDS)
    return _summary(tag, rows.astype(np.float32), meta)


def _at_least(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts[::-1].cumsum()[::-1], np.float64)


def joined(summaries: Sequence[Summary]) -> Summary:
    """Return one summary with the values of several."""
    whole = Summary()
    for summary in summaries:
        whole.MergeFrom(summary)
    return whole


def _summary(tag: str, values: Any, metadata: SummaryMetadata) -> Summary:
    summary = Summary()
    tensor = make_tensor_proto(values)
    summary.value.add(tag=tag, metadata=metadata, tensor=tensor)
    return summary

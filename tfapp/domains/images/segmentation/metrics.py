"""How well maps of classes agree with masks: pixels, regions, objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.images.segmentation.data.reading import IGNORED
from tfapp.domains.images.segmentation.rand_score import rand_f_score
from tfapp.problems.classification.calibration import softmax

DRAWS = 2000
"""Test sets drawn for an interval."""
THRESHOLDS = tuple(round(0.1 * i, 1) for i in range(1, 10))
"""Of the probability of being an object, for the challenge's way of counting."""


@dataclass(frozen=True)
class JudgedImage:
    """What became of one image.

    Args:
        predicted: uint8 array (height, width), class indices.
        truth: uint8 array (height, width), class indices, or `IGNORED`.
        confusion: int64 array (num_classes, num_classes), pixels; rows are true.
        rand: Rand F-score of the predicted classes, NaN without a true object.
        rand_by_threshold: the same of the map at each of `THRESHOLDS`; () unless
            there are two classes.
    """

    predicted: np.ndarray
    truth: np.ndarray
    confusion: np.ndarray
    rand: float
    rand_by_threshold: tuple[float, ...]

    @property
    def pixel_error(self) -> float:
        """Share of the pixels of another class than the mask's."""
        return float(1.0 - np.trace(self.confusion) / self.confusion.sum())


def judge_image(logits: np.ndarray, truth: np.ndarray) -> JudgedImage:
    """Compare one image's logits with its mask.

    Args:
        logits: float array (height, width, num_classes).
        truth: uint8 array (height, width), class indices, or `IGNORED`: such pixels
            count in no figure.
    """
    count, known = logits.shape[-1], truth != IGNORED
    predicted = logits.argmax(axis=-1).astype(np.uint8)
    confusion = confusion_of(predicted, truth, count)
    objects_of = np.where(known, truth, 0)
    swept: tuple[float, ...] = ()
    if count == 2:
        objects = softmax(logits.reshape(-1, 2))[:, 1].reshape(truth.shape)
        swept = tuple(
            rand_f_score(objects_of, (objects >= threshold).astype(np.uint8))
            for threshold in THRESHOLDS
        )
    rand = rand_f_score(objects_of, predicted)
    return JudgedImage(predicted, truth, confusion, rand, swept)


def confusion_of(predicted: np.ndarray, truth: np.ndarray, count: int) -> np.ndarray:
    """Count pairs of classes of two maps, int64 (count, count); rows are true ones.

    Args:
        predicted: uint8 array (height, width), class indices.
        truth: uint8 array (height, width), class indices or `IGNORED`.
        count: number of classes.
    """
    known = truth != IGNORED
    pairs = truth[known].astype(np.int64) * count + predicted[known]
    return np.bincount(pairs, minlength=count**2).reshape(count, count)


def region_figures(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return figures of every class from counts of pixels.

    Args:
        confusion: int array (..., num_classes, num_classes); rows are true classes.

    Returns:
        "iou", "dice", "precision", "recall", float arrays (..., num_classes); NaN
        where a class occurs in neither map, or for a precision or recall of nothing.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)
    true, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "iou": hits / (true + predicted - hits),
            "dice": 2.0 * hits / (true + predicted),
            "precision": hits / predicted,
            "recall": hits / true,
        }


def segmentation_metrics(
    judged: Sequence[JudgedImage], class_names: Sequence[str]
) -> dict[str, Any]:
    """Return every figure of a test set, with 95 % intervals over its images.

    Regions are those of all images together. Intervals are of test sets drawn from
    these images with replacement: percentile bootstrap, 2,000 draws; None for a
    single image.

    Args:
        judged: at least one image.
        class_names: in the order of the class indices.

    Returns:
        JSON-ready figures: pixel_error, iou and dice (means over the classes),
        rand_f_score (mean over images), each with its _interval; rand_f_score_best
        and rand_threshold, at the threshold that suits these very images best, as the
        ISBI challenge counted (None with more than two classes); per_class;
        confusion_matrix.
    """
    confusions = np.stack([image.confusion for image in judged])
    sums = np.tensordot(_draws(len(judged)), confusions, axes=1)
    rands = np.array([image.rand for image in judged])
    metrics: dict[str, Any] = {
        "examples": len(judged),
        "pixels": int(confusions.sum()),
        **pooled_figures(confusions),
    }
    defined = ~np.isnan(rands)
    metrics["rand_f_score"] = _number(rands[defined].mean()) if defined.any() else None
    metrics["rand_f_score_interval"] = _mean_interval(rands[defined])
    return {
        **metrics,
        **_best_threshold(judged),
        "per_class": _per_class(confusions, sums, class_names),
        "confusion_matrix": confusions.sum(axis=0).tolist(),
    }


def pooled_figures(confusions: np.ndarray) -> dict[str, Any]:
    """Return pixel_error, iou and dice of all images together, and their intervals.

    Args:
        confusions: int64 array (images, num_classes, num_classes); rows are true.
    """
    figures = _overall(confusions.sum(axis=0))
    count = len(confusions)
    ranges = _overall(np.tensordot(_draws(count), confusions, axes=1))
    return {name: _number(value) for name, value in figures.items()} | {
        f"{name}_interval": _interval(ranges[name], count) for name in figures
    }


def _overall(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return pixel error and the means over the classes, of one or many tables."""
    hits = np.trace(confusion, axis1=-2, axis2=-1)
    figures = region_figures(confusion)
    return {
        "pixel_error": 1.0 - hits / confusion.sum(axis=(-2, -1)),
        "iou": np.nanmean(figures["iou"], axis=-1),
        "dice": np.nanmean(figures["dice"], axis=-1),
    }


def _per_class(
    confusions: np.ndarray, sums: np.ndarray, class_names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    confusion = confusions.sum(axis=0)
    figures, ranges = region_figures(confusion), region_figures(sums)
    shares = confusion.sum(axis=1) / confusion.sum()
    return {
        name: {key: _number(values[i]) for key, values in figures.items()}
        | {
            "iou_interval": _interval(ranges["iou"][:, i], len(confusions)),
            "share": float(shares[i]),
            "pixels": int(confusion[i].sum()),
        }
        for i, name in enumerate(class_names)
    }


def _best_threshold(judged: Sequence[JudgedImage]) -> dict[str, Any]:
    swept = np.array([image.rand_by_threshold for image in judged])
    if swept.size == 0 or np.isnan(swept).all():
        return {"rand_f_score_best": None, "rand_threshold": None}
    means = np.nanmean(swept, axis=0)
    best = int(means.argmax())
    return {
        "rand_f_score_best": float(means[best]),
        "rand_threshold": THRESHOLDS[best],
    }


def _draws(count: int) -> np.ndarray:
    """Return how often each image is drawn, int array (draws, images)."""
    generator = np.random.default_rng(0)
    return generator.multinomial(count, np.full(count, 1.0 / count), size=DRAWS)


def _mean_interval(values: np.ndarray) -> list[float] | None:
    if len(values) < 2:
        return None
    return _interval(_draws(len(values)) @ values / len(values), len(values))


def _interval(drawn: np.ndarray, count: int) -> list[float] | None:
    defined = drawn[~np.isnan(drawn)]
    if count < 2 or not len(defined):
        return None
    return [float(x) for x in np.percentile(defined, [2.5, 97.5])]


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)

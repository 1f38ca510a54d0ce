"""Figures of scans whose truth is known: FROC, and areas under the ROC curve.

References:
    Bunch et al., A free response approach to the measurement and characterization of
    radiographic observer performance, Proceedings of SPIE 127, 1977.
    Bejnordi et al., Diagnostic assessment of deep learning algorithms for detection of
    lymph node metastases in women with breast cancer, JAMA 318, 2017.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tfapp.domains.images.slides.results.judging import Judged
from tfapp.problems.classification.metrics import roc_auc

RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Points outside lesions per slide at which sensitivities are averaged."""
DRAWS = 500
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Figures:
    """Figures of all judged slides.

    Args:
        slides: how many.
        lesions: on all of them.
        sensitivities: at the rates, in their order.
        froc: their mean; None without a lesion.
        froc_interval: 95 %, over slides; over lesions where there is one slide.
        slide_auc: of the slides' scores; None unless slides with and without lesions
            are there.
        slide_auc_interval: 95 %, over slides.
        cell_auc: of the cells' probabilities; None unless both kinds are there.
        cell_auc_interval: 95 %, over squares of 8 x 8 cells.
        curve: points outside lesions per slide and sensitivities, two lists.
    """

    slides: int
    lesions: int
    sensitivities: tuple[float, ...] = ()
    froc: float | None = None
    froc_interval: Interval = None
    slide_auc: float | None = None
    slide_auc_interval: Interval = None
    cell_auc: float | None = None
    cell_auc_interval: Interval = None
    curve: tuple[list[float], list[float]] = field(default=([], []))


def figures_of(slides: Sequence[Judged]) -> Figures:
    """Return the figures of slides, with 95 % intervals by the bootstrap."""
    lesions = sum(one.lesions for one in slides)
    scores = np.array([one.score for one in slides])
    diseased = np.array([one.lesions > 0 for one in slides], int)
    cells = np.concatenate([one.cells for one in slides])
    squares, resampled_auc = _of_squares(slides, cells)
    auc = _auc(diseased, scores)
    cell_auc = _auc(cells[:, 1].astype(int), cells[:, 0])
    whole = Figures(
        slides=len(slides),
        lesions=lesions,
        slide_auc=auc,
        slide_auc_interval=_interval(
            auc, len(slides), lambda chosen: _auc(diseased[chosen], scores[chosen])
        ),
        cell_auc=cell_auc,
        cell_auc_interval=_interval(cell_auc, squares, resampled_auc),
    )
    if not lesions:
        return whole
    false_points, hits = froc_curve(slides)
    sensitivities = froc_at(false_points, hits)
    mean = float(np.mean(sensitivities))
    resampled = _of_lesions(slides[0]) if len(slides) == 1 else _of_slides(slides)
    count = lesions if len(slides) == 1 else len(slides)
    return Figures(
        **{
            **vars(whole),
            "sensitivities": tuple(sensitivities),
            "froc": mean,
            "froc_interval": _interval(mean, count, resampled),
            "curve": (false_points.tolist(), hits.tolist()),
        }
    )


def froc_curve(slides: Sequence[Judged]) -> tuple[np.ndarray, np.ndarray]:
    """Return points outside lesions per slide, and the share of lesions that are hit.

    Each place of the curve is a threshold, from above the largest score to below the
    smallest. Of several points in a lesion the most probable counts, the others count
    neither for nor against.

    Returns:
        Two float arrays (thresholds,) that rise.
    """
    outside, best = [], []
    for one in slides:
        scores, hit = one.points[:, 0], one.points[:, 1].astype(int)
        outside.append(scores[hit < 0])
        lesions = np.zeros(one.lesions)
        np.maximum.at(lesions, hit[hit >= 0], scores[hit >= 0])
        best.append(lesions)
    false, hits = np.concatenate(outside), np.concatenate(best)
    thresholds = np.unique(np.concatenate([false, hits[hits > 0]]))[::-1]
    rates = _at_least(false, thresholds) / len(slides)
    shares = _at_least(hits, thresholds) / max(1, len(hits))
    return np.append(0.0, rates), np.append(0.0, shares)


def froc_at(rates: np.ndarray, shares: np.ndarray) -> list[float]:
    """Return the largest share at no more than each of `RATES`."""
    last = np.searchsorted(rates, np.array(RATES) + 1e-9, side="right") - 1
    return [float(shares[i]) for i in last]


def _at_least(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return how many values reach each threshold."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _of_slides(slides: Sequence[Judged]) -> Callable[[np.ndarray], float | None]:
    def score(chosen: np.ndarray) -> float | None:
        drawn_ = [slides[i] for i in chosen]
        if not any(one.lesions for one in drawn_):
            return None
        return float(np.mean(froc_at(*froc_curve(drawn_))))

    return score


def _of_lesions(one: Judged) -> Callable[[np.ndarray], float | None]:
    """Draw lesions of a slide; its points outside them stay."""
    points = one.points
    outside = points[points[:, 1] < 0]

    def score(chosen: np.ndarray) -> float | None:
        parts = [outside]
        for number, lesion in enumerate(chosen):
            part = points[points[:, 1] == lesion].copy()
            part[:, 1] = number
            parts.append(part)
        resampled = Judged(len(chosen), np.concatenate(parts), one.cells, one.score)
        return float(np.mean(froc_at(*froc_curve([resampled]))))

    return score


def _interval(
    value: float | None, count: int, of: Callable[[np.ndarray], float | None]
) -> Interval:
    """Return the 95 % percentile interval over draws with replacement."""
    if value is None or count < 2:
        return None
    random = np.random.default_rng(0)
    draws = [of(random.integers(0, count, count)) for _ in range(DRAWS)]
    known = [draw for draw in draws if draw is not None]
    low, high = np.quantile(known, [0.025, 0.975]) if known else (value, value)
    return float(low), float(high)


def _auc(labels: np.ndarray, scores: np.ndarray) -> float | None:
    return roc_auc(labels, np.stack([1 - scores, scores], axis=1))


def _of_squares(
    slides: Sequence[Judged], cells: np.ndarray
) -> tuple[int, Callable[[np.ndarray], float | None]]:
    """Return how many squares of cells there are, and the AUC of a draw of them.

    Args:
        slides: of the cells.
        cells: float (cells, 3) of all slides; see `Judged`.
    """
    slide = np.repeat(np.arange(len(slides)), [len(one.cells) for one in slides])
    places = np.stack([slide, cells[:, 2]], axis=1)
    order = np.argsort(cells[:, 0], kind="stable")
    _, square = np.unique(places, axis=0, return_inverse=True)
    square, inside = square.ravel()[order], cells[order, 1] > 0
    starts = np.flatnonzero(np.diff(cells[order, 0], prepend=-1.0))
    count = int(square.max()) + 1

    def auc(chosen: np.ndarray) -> float | None:
        weights = np.bincount(chosen, minlength=count)[square]
        hits = np.add.reduceat(weights * inside, starts)
        others = np.add.reduceat(weights * ~inside, starts)
        pairs = int(hits.sum()) * int(others.sum())
        below = np.cumsum(others) - others / 2  # a tie counts one half
        return float(hits @ below / pairs) if pairs else None

    return count, auc

"""Figures of tags on test sets as they might have been: the bootstrap."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

MOST_DRAWS, LEAST_DRAWS = 1000, 200
MOST_WORK = 1e8
"""Draws times examples times tags that are worth the wait."""
BLOCK = 2_000_000
"""Draws times examples that are in memory together."""


@dataclass(frozen=True)
class Resampled:
    """The figures of several test sets.

    Args:
        micro_f1: float array (draws,), NaN where it is not defined.
        f1: float array (draws, tags), NaN where no example has the tag.
        precision: float array (draws, tags), average precision; NaN as before.
    """

    micro_f1: np.ndarray
    f1: np.ndarray
    precision: np.ndarray

    @property
    def map(self) -> np.ndarray:
        """Mean average precision over the tags that occur, float (draws,)."""
        return _mean(self.precision)

    @property
    def macro_f1(self) -> np.ndarray:
        """Mean F1 over the tags that occur, float (draws,)."""
        return _mean(self.f1)

    def intervals(self) -> dict[str, list[float] | None]:
        """Return the 95 % interval of each figure, None where it is not known."""
        figures = {
            "micro_f1": self.micro_f1,
            "map": self.map,
            "macro_f1": self.macro_f1,
        }
        return {name: interval(values) for name, values in figures.items()}

    def tag_interval(self, tag: int) -> list[float] | None:
        """Return the 95 % interval of a tag's average precision."""
        return interval(self.precision[:, tag])


def interval(values: np.ndarray) -> list[float] | None:
    """Return the 95 % percentile interval; None if most draws do not define it."""
    defined = values[np.isfinite(values)]
    if len(defined) < max(len(values) / 2, 2):
        return None
    return [float(end) for end in np.quantile(defined, (0.025, 0.975))]


def resample(
    truth: np.ndarray,
    probabilities: np.ndarray,
    chosen: np.ndarray,
    draws: int | None = None,
) -> Resampled:
    """Return the figures of test sets drawn with replacement from one.

    Equal shapes give equal draws: the figures of two methods can be subtracted.

    Args:
        truth: bool array (examples, tags).
        probabilities: float array (examples, tags).
        chosen: bool array (examples, tags), the tags that are answered.
        draws: how many sets; 0 for the set as it is, None for as many as are quick.
    """
    examples, tags = truth.shape
    if draws is None:
        affordable = MOST_WORK / max(examples * tags, 1)
        draws = int(np.clip(affordable, LEAST_DRAWS, MOST_DRAWS))
        draws = draws if examples > 1 else 1  # nothing is known of other examples
    parts = [
        (*_f1(counts, truth, chosen), _average_precision(counts, truth, probabilities))
        for counts in _drawn(examples, draws)
    ]
    return Resampled(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _drawn(examples: int, draws: int) -> Iterator[np.ndarray]:
    """Yield how often each example is drawn, float (draws, examples), in blocks."""
    if not draws:
        yield np.ones((1, examples))
        return
    random, block = np.random.default_rng(0), max(BLOCK // examples, 1)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        yield random.multinomial(examples, np.full(examples, 1 / examples), size) * 1.0


def _f1(
    counts: np.ndarray, truth: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return micro F1 (draws,), and F1 of each tag (draws, tags)."""
    double = 2 * counts @ (truth & chosen)
    support, total = counts @ truth, counts @ (truth * 1.0 + chosen)
    with np.errstate(invalid="ignore", divide="ignore"):
        micro = double.sum(axis=1) / total.sum(axis=1)
        return micro, np.where(support > 0, double / total, np.nan)


def _average_precision(
    counts: np.ndarray, truth: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Return the average precision of each tag (draws, tags); equal scores are one."""
    result = np.full((len(counts), truth.shape[1]), np.nan)
    for tag in np.flatnonzero(truth.any(axis=0)):
        order = np.argsort(-probabilities[:, tag], kind="stable")
        scores, drawn = probabilities[order, tag], counts[:, order]
        ends = np.append(scores[:-1] > scores[1:], True)
        hits = np.cumsum(drawn * truth[order, tag], axis=1)[:, ends]
        seen = np.maximum(np.cumsum(drawn, axis=1)[:, ends], 1)
        gained = np.diff(hits, axis=1, prepend=0.0)
        with np.errstate(invalid="ignore"):
            result[:, tag] = (gained * hits / seen).sum(axis=1) / hits[:, -1]
    return result


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of each row without what is not defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a row without any
        return np.asarray(np.nanmean(values, axis=1))

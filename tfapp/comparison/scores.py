"""What a system scored in a test, and how sure its figures are."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from tfapp.problems.classification.metrics import wilson_interval


@dataclass(frozen=True)
class Scores:
    """What one system scored on every example and in each of its runs.

    Args:
        examples: float array (examples,), in [0, 1]: the mean over the runs, which of
            right and wrong answers is the share of the runs that were right.
        runs: float array (runs,), mean score of each run, in [0, 1].
        graded: whether one run may score anything in [0, 1] on an example, not 0 or 1
            alone.
    """

    examples: np.ndarray
    runs: np.ndarray
    graded: bool = False

    @property
    def mean(self) -> float:
        """Mean over the runs."""
        return float(self.runs.mean())

    @property
    def spread(self) -> float:
        """Standard deviation over the runs, 0 for a single one."""
        return float(self.runs.std(ddof=1)) if len(self.runs) > 1 else 0.0


def score_interval(scores: Scores) -> tuple[float, float]:
    """Return the 95 % interval of a system's mean score.

    Wilson's interval for the examples, of graded scores Student's; joined with that
    of the seeds. A single graded score says nothing about others, (0, 1).
    """
    total, centre = len(scores.examples), scores.mean
    if not scores.graded:
        found = wilson_interval(round(centre * total), total)
    elif total > 1:
        error = float(scores.examples.std(ddof=1)) / total**0.5
        half = float(student.ppf(0.975, total - 1)) * error
        found = max(0.0, centre - half), min(1.0, centre + half)
    else:
        found = 0.0, 1.0
    return with_seeds(found, scores.runs)


def with_seeds(interval: tuple[float, float], runs: np.ndarray) -> tuple[float, float]:
    """Widen the 95 % interval of a figure by what other seeds would make of it.

    Student's interval of the mean of the runs is added as independent errors are; of
    a single run nothing is known, and nothing is added.

    Args:
        interval: low and high, for other test examples.
        runs: float array (runs,), the figure of each run, in [0, 1].
    """
    low, high = interval
    count, centre = len(runs), float(runs.mean())
    half = 0.0
    if count > 1:
        spread = float(runs.std(ddof=1))
        half = float(student.ppf(0.975, count - 1)) * spread / count**0.5
    if not half:
        return low, high
    return (
        max(0.0, centre - float(np.hypot(max(centre - low, 0.0), half))),
        min(1.0, centre + float(np.hypot(max(high - centre, 0.0), half))),
    )

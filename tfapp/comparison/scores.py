"""What a system scored in a test, and how sure its figures are."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from tfapp.base.intervals import wilson_interval
from tfapp.tasks.results import Bounds


@dataclass(frozen=True)
class Scores:
    """What one system scored on every example and in each of its runs.

    Args:
        examples: float array (examples,), the mean over the runs, which of right and
            wrong answers is the share of the runs that were right.
        runs: float array (runs,), mean score of each run.
        graded: whether one run may score anything on an example, not 0 or 1 alone.
        bounds: least and largest score.
    """

    examples: np.ndarray
    runs: np.ndarray
    graded: bool = False
    bounds: Bounds = (0.0, 1.0)

    @property
    def mean(self) -> float:
        """Mean over the runs."""
        return float(self.runs.mean())

    @property
    def spread(self) -> float:
        """Standard deviation over the runs, 0 for a single one."""
        return float(self.runs.std(ddof=1)) if len(self.runs) > 1 else 0.0


def score_interval(scores: Scores) -> Bounds:
    """Return the 95 % interval of a system's mean score.

    Wilson's interval for the examples, of graded scores Student's; joined with that
    of the seeds. A single graded score is no evidence about others: all bounds.
    """
    total, centre = len(scores.examples), scores.mean
    least, largest = scores.bounds
    if not scores.graded:
        interval = wilson_interval(round(centre * total), total)
    elif total > 1:
        error = float(scores.examples.std(ddof=1)) / total**0.5
        half = float(stdtrit(total - 1, 0.975)) * error
        interval = max(least, centre - half), min(largest, centre + half)
    else:
        interval = scores.bounds
    return with_seeds(interval, scores.runs, scores.bounds)


def with_seeds(interval: Bounds, runs: np.ndarray, bounds: Bounds) -> Bounds:
    """Widen the 95 % interval of a figure by what other seeds would make of it.

    Student's interval of the mean of the runs is added as independent errors are; of
    a single run nothing is known, and nothing is added.

    Args:
        interval: low and high, for other test examples.
        runs: float array (runs,), the figure of each run.
        bounds: least and largest value of the figure.
    """
    low, high = interval
    count, centre = len(runs), float(runs.mean())
    half = 0.0
    if count > 1:
        spread = float(runs.std(ddof=1))
        half = float(stdtrit(count - 1, 0.975)) * spread / count**0.5
    if not half:
        return low, high
    return (
        max(bounds[0], centre - float(np.hypot(max(centre - low, 0.0), half))),
        min(bounds[1], centre + float(np.hypot(max(high - centre, 0.0), half))),
    )

"""Intervals of shares and of differences."""

import math
from typing import Any

NORMAL_975 = 1.959963984540054
"""Below it are 97.5 % of a standard normal distribution."""


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share, without continuity correction.

    It stays within [0, 1] and is right for shares near 0 and 1 and few examples,
    where the textbook interval is not.

    Args:
        successes: number of successes, in [0, total].
        total: number of trials; none at all gives (0, 1), "nothing is known".

    Raises:
        ValueError: if `successes` is outside [0, total].

    Reference:
        Wilson, Probable Inference, the Law of Succession, and Statistical
        Inference, JASA 22, 1927.
    """
    if total == 0 and successes == 0:
        return 0.0, 1.0
    if not 0 <= successes <= total:
        raise ValueError(
            f"Successes must be from 0 to the trials, {total}. Received: {successes}"
        )
    share, square = successes / total, NORMAL_975**2 / total
    middle = (share + square / 2) / (1 + square)
    spread = math.sqrt(square * share * (1 - share) + square**2 / 4) / (1 + square)
    low = 0.0 if successes == 0 else middle - spread
    return low, 1.0 if successes == total else middle + spread


def paired_interval(
    differences: Any, weights: Any = None
) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean of paired differences, by Student's t.

    Two methods on the same examples do well and badly on the same ones, so their
    difference is known far better than either figure.

    Args:
        differences: float array (examples,), one method's score minus the other's.
        weights: float array (examples,), of a pooled figure; None if all count alike.

    Returns:
        (low, high); None for a single example, which says nothing about others.
    """
    import numpy as np
    from scipy.special import stdtrit  # scipy.stats takes longer to import

    differences = np.asarray(differences, np.float64)
    count = len(differences)
    if count < 2:
        return None
    shares = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    shares = shares / shares.sum()
    mean = float(shares @ differences)
    residuals = shares * (differences - mean)
    error = float(np.sqrt(count / (count - 1) * (residuals @ residuals)))
    reach = float(stdtrit(count - 1, 0.975)) * error
    return mean - reach, mean + reach

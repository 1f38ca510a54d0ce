"""Intervals of shares."""


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
    from scipy.stats import binomtest

    if total == 0 and successes == 0:
        return 0.0, 1.0
    interval = binomtest(successes, total).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)

"""The median rule: which trials are not worth going on with."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median

LEAST_TRIALS = 4
"""Finished trials that have come as far; fewer are no crowd to be compared with."""
LEAST_ROUNDS = 2
"""A first round says more of the start than of the settings."""


def is_hopeless(
    curve: Mapping[int, float], others: Sequence[Mapping[int, float]]
) -> bool:
    """Say whether a trial is worse than the median trial was at its age.

    Its best score so far is compared with the median, over the finished trials, of
    their mean scores up to the same round.

    Args:
        curve: round, from 1 → score, lower is better.
        others: the same of trials that have ended.

    Reference:
        Golovin et al., Google Vizier: A Service for Black-Box Optimization, KDD 2017.
    """
    if not curve or (age := max(curve)) < LEAST_ROUNDS:
        return False
    as_old = [other for other in others if other and max(other) >= age]
    if len(as_old) < LEAST_TRIALS:
        return False
    means = [fmean(v for step, v in other.items() if step <= age) for other in as_old]
    return min(curve.values()) > median(means)

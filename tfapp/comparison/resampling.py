"""Test sets as they might have been, drawn many thousand times.

Answers that are right or wrong give examples few scores (a third of the runs right,
...), so each draw is how often every score occurs. Graded scores are all different, and
then a draw of the examples themselves is faster.
"""

from collections.abc import Iterator
from math import exp, lgamma

import numpy as np
from scipy.special import ndtri, stdtrit

MANY = 100
"""Distinct scores above which examples are drawn, not how often each score occurs."""


def _distinct(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct scores and how often each occurs."""
    return np.unique(np.round(scores, 9), return_counts=True)


def _blocks(draws: int, width: int) -> Iterator[int]:
    """Yield numbers of draws whose tables fit into memory, 16 MB each."""
    block = max(1, 2_000_000 // width)
    yield from (min(block, draws - start) for start in range(0, draws, block))


def resampled_means(
    scores: np.ndarray, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return means over examples drawn with replacement.

    Args:
        scores: float array (examples,).
        draws: how many means.
        generator: of the draws.

    Returns:
        float array (draws,).
    """
    values, counts = _distinct(scores)
    total = len(scores)
    if len(values) > MANY:
        picked = (
            scores[generator.integers(total, size=(size, total))].mean(axis=1)
            for size in _blocks(draws, total)
        )
        return np.concatenate(list(picked))
    return np.concatenate(
        [
            generator.multinomial(total, counts / total, size=size) @ values / total
            for size in _blocks(draws, len(values))
        ]
    )


def swapped_means(
    difference: np.ndarray, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return means after swapping the two systems at random, example by example.

    Args:
        difference: float array (examples,), score of one system minus the other's.
        draws: how many means.
        generator: of the draws.

    Returns:
        float array (draws,).
    """
    values, counts = _distinct(np.abs(difference))
    if len(values) > MANY:
        signed = (
            generator.choice((-1.0, 1.0), size=(size, len(difference))) @ difference
            for size in _blocks(draws, len(difference))
        )
        return np.concatenate(list(signed)) / len(difference)
    total = np.zeros(draws)
    for value, count in zip(values, counts, strict=True):
        total += value * (2.0 * generator.binomial(count, 0.5, size=draws) - count)
    return total / len(difference)


def dealt_differences(
    first: np.ndarray, second: np.ndarray, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return differences of means after dealing the examples to the systems anew.

    Args:
        first: float array (examples of one system,).
        second: float array (examples of the other,).
        draws: how many differences.
        generator: of the draws.

    Returns:
        float array (draws,), second minus first.
    """
    together = np.concatenate([first, second])
    values, counts = _distinct(together)
    size_a, size_b = len(first), len(second)
    if len(values) > MANY:
        differences = []
        for size in _blocks(draws, len(together)):
            dealt = generator.permuted(np.tile(together, (size, 1)), axis=1)
            differences.append(
                dealt[:, size_a:].mean(axis=1) - dealt[:, :size_a].mean(axis=1)
            )
        return np.concatenate(differences)
    dealt = generator.multivariate_hypergeometric(
        counts, size_a, size=draws, method="marginals"
    )
    sum_a = dealt @ values
    gaps: np.ndarray = (counts @ values - sum_a) / size_b - sum_a / size_a
    return gaps


def stretch(count: int) -> float:
    """Return by how much a bootstrap of few examples is too narrow.

    Its standard error is that of n examples with n in place of n - 1, and its
    quantiles are those of the normal distribution, not of Student's t.

    Args:
        count: number of examples.

    Returns:
        factor of its 95 % interval, 1 for very many; infinite for a single example,
        which give no evidence about others.

    Reference:
        Hesterberg, What Teachers Should Know About the Bootstrap, The American
        Statistician 69, 2015, https://arxiv.org/abs/1411.5279
    """
    if count < 2:
        return float("inf")
    quantiles = stdtrit(count - 1, 0.975) / ndtri(0.975)
    return float(quantiles * (count / (count - 1)) ** 0.5)


def smallest_p_value(first: int, second: int, *, paired: bool) -> float:
    """Return the p-value of the clearest result that examples can give.

    Swapping two systems on n examples gives 2^n results, of which at least two are as
    clear as any (all swapped, none swapped); dealing the examples anew gives as many
    as there are choices.

    Args:
        first: examples of one system.
        second: of the other; the same number if `paired`.
        paired: whether both answered the same examples.
    """
    if paired:
        return 2.0 ** (1 - first)
    choices = lgamma(first + second + 1) - lgamma(first + 1) - lgamma(second + 1)
    return (2.0 if first == second else 1.0) * exp(-choices)

"""Test sets as they might have been, drawn many thousand times.

Scores of examples take few values (right or wrong, a third of the runs right, ...), so
each draw is how often every value occurs, not a list of examples.
"""

import numpy as np


def _distinct(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct scores and how often each occurs."""
    return np.unique(np.round(scores, 9), return_counts=True)


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
    total = int(counts.sum())
    block = max(1, 2_000_000 // len(values))  # 16 MB at a time
    sizes = [min(block, draws - start) for start in range(0, draws, block)]
    return np.concatenate(
        [
            generator.multinomial(total, counts / total, size=size) @ values / total
            for size in sizes
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
    values, counts = _distinct(np.concatenate([first, second]))
    size_a, size_b = len(first), len(second)
    dealt = generator.multivariate_hypergeometric(
        counts, size_a, size=draws, method="marginals"
    )
    sum_a = dealt @ values
    found: np.ndarray = (counts @ values - sum_a) / size_b - sum_a / size_a
    return found

"""Is one model better than another on the very same examples?"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PairedDifference:
    """Mean of b minus a over the same examples, and its 95 % interval.

    Args:
        difference: mean of b minus mean of a; above 0, b is better.
        low: 2.5 % quantile of the bootstrap.
        high: 97.5 % quantile of the bootstrap.
    """

    difference: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0


def paired_bootstrap(
    correct_a: np.ndarray, correct_b: np.ndarray, draws: int = 10_000, seed: int = 0
) -> PairedDifference:
    """Compare two models example by example.

    Resampling examples with replacement equals drawing how often each distinct
    difference occurs, which for right and wrong answers are three numbers a draw.

    Args:
        correct_a: bool or float array (examples,), score of model a per example.
        correct_b: bool or float array (examples,), of model b, in the same order.
        draws: number of resampled sets.
        seed: of the draws.

    Raises:
        ValueError: if the arrays differ in shape or are empty.
    """
    score_a = np.asarray(correct_a, dtype=np.float64)
    score_b = np.asarray(correct_b, dtype=np.float64)
    if score_a.shape != score_b.shape or score_a.ndim != 1 or not len(score_a):
        raise ValueError(
            "`correct_a` and `correct_b` must both have shape (examples,). "
            f"Received: {score_a.shape} and {score_b.shape}"
        )
    values, counts = np.unique(score_b - score_a, return_counts=True)
    means = _resampled_means(values, counts, draws, np.random.default_rng(seed))
    low, high = np.quantile(means, [0.025, 0.975])
    return PairedDifference(float((score_b - score_a).mean()), float(low), float(high))


def _resampled_means(
    values: np.ndarray, counts: np.ndarray, draws: int, generator: np.random.Generator
) -> np.ndarray:
    total = int(counts.sum())
    block = max(1, 2_000_000 // len(values))  # 16 MB at a time
    sizes = [min(block, draws - start) for start in range(0, draws, block)]
    return np.concatenate(
        [
            generator.multinomial(total, counts / total, size=size) @ values / total
            for size in sizes
        ]
    )

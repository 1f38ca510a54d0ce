"""What the rules of the verdict look at, and what they answer."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Finding = tuple[str, str]
"""What was found, and what to do about it."""


class Figures(NamedTuple):
    """What the rules look at.

    Args:
        metrics: of the judged split, as `evaluate_logits` returns.
        history: training phases, as `learning_curves` takes.
        confidence: float array (examples,), probability of each prediction.
        correct: bool array (examples,), whether each prediction is right.
        noun: what the examples are, in the plural.
    """

    metrics: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    confidence: np.ndarray
    correct: np.ndarray
    noun: str

"""The weights of the best round."""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np


class BestWeights:
    """Keeps the values of variables at the best round and gives them back at the end.

    They are kept in memory and travel in the saved states, so a run that is resumed
    from a state has the best weights of that very moment.

    Args:
        variables: whose values are kept.
        better: whether a higher or a lower monitored figure is better.
    """

    def __init__(
        self, variables: Sequence[Any], better: Literal["higher", "lower"]
    ) -> None:
        self.variables = variables
        self.sign = 1.0 if better == "higher" else -1.0
        self.values: list[np.ndarray] = []

    def keep(self) -> None:
        """Keep the values as they are now."""
        self.values = [keras.ops.convert_to_numpy(v) for v in self.variables]

    def improves(self, value: float | None, best: float | None) -> bool:
        """Say whether a figure is better than the best so far; a tie is not.

        Without a figure (no validation data), the last round counts as the best.
        """
        if value is None or best is None:
            return True
        return self.sign * (value - best) > 0

    def restore(self) -> None:
        """Give the variables the values kept."""
        for variable, value in zip(self.variables, self.values, strict=False):
            variable.assign(value)

    def digest(self) -> str:
        """Return a hash over the values that the variables have now."""
        hashed = hashlib.sha256()
        for variable in self.variables:
            hashed.update(keras.ops.convert_to_numpy(variable).tobytes())
        return hashed.hexdigest()

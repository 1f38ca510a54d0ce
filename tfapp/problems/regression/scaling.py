"""Numbers in deviations from their mean, in which networks learn them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.base.errors import DataError


@dataclass(frozen=True)
class TargetScaling:
    """Mean and standard deviation of each number over the training examples.

    Args:
        means: of each number, in its own unit.
        deviations: of each number, in its own unit, above 0.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Return numbers (examples, numbers) as float32 deviations from the mean."""
        centred = np.asarray(values, np.float64) - self.means
        return np.asarray(centred / self.deviations, np.float32)

    def unscaled(self, values: np.ndarray) -> np.ndarray:
        """Return deviations (examples, numbers) as float64 in the numbers' units."""
        scaled = np.asarray(values, np.float64)
        return np.asarray(scaled * self.deviations + self.means)


def fit_scaling(values: np.ndarray, names: Sequence[str], source: str) -> TargetScaling:
    """Measure mean and deviation of training numbers.

    Args:
        values: float (training examples, numbers).
        names: of the numbers.
        source: of the data, for the error.

    Raises:
        DataError: if all training examples have the same number.
    """
    deviations = np.std(values, axis=0)
    for name, column, deviation in zip(names, values.T, deviations, strict=True):
        if not deviation > 1e-12 * np.abs(column).max():
            raise DataError(
                f"{source}: `{name}` is {column[0]:g} for all {len(column)} training "
                "examples, so there is nothing to learn. Expected different numbers; "
                "add examples, or leave the column out."
            )
    return TargetScaling(
        tuple(values.mean(axis=0).tolist()), tuple(deviations.tolist())
    )

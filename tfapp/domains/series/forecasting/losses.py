"""Losses of forecasts, one number for each step and target, so that weights apply."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class HuberError(keras.losses.Loss):
    """Squares of small errors, absolute values of large ones.

    0.5 e² for |e| below delta, delta (|e| - 0.5 delta) above. Outliers pull less than
    with squares alone.

    Args:
        delta: where squares end, in deviations of the series.

    References:
        Huber, Robust Estimation of a Location Parameter, 1964.
    """

    def __init__(self, delta: float = 0.5, name: str = "huber", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.delta = delta

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the error of each value, in the shape of both."""
        size = ops.abs(y_pred - ops.cast(y_true, y_pred.dtype))
        inner = ops.minimum(size, self.delta)
        return inner * (size - 0.5 * inner)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"delta": self.delta}


@keras.saving.register_keras_serializable(package="tfapp")
class PinballError(keras.losses.Loss):
    """The error that the quantiles of a distribution make smallest.

    For a quantile q and e = truth - forecast: the larger of q e and (q - 1) e, the mean
    over quantiles.

    Args:
        quantiles: increasing, between 0 and 1.

    References:
        Koenker & Bassett, Regression Quantiles, Econometrica 46, 1978.
    """

    def __init__(
        self, quantiles: tuple[float, ...], name: str = "pinball", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.quantiles = tuple(quantiles)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the mean over quantiles, (batch, horizon, targets).

        Args:
            y_true: (batch, horizon, targets).
            y_pred: (batch, horizon, targets, quantiles).
        """
        truth = ops.expand_dims(ops.cast(y_true, y_pred.dtype), -1)
        shares = ops.convert_to_tensor(self.quantiles, y_pred.dtype)
        off = truth - y_pred
        return ops.mean(ops.maximum(shares * off, (shares - 1) * off), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"quantiles": list(self.quantiles)}

"""Cross-entropy of answers whatever their scale, to choose an epoch by."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.layers.logistic_regression import log_loss

TEMPERATURES = tuple(2.0 ** (step / 4) for step in range(-8, 9))
"""By which logits may be divided."""


def tempered_losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each example, all at the temperature of least mean.

    Args:
        logits: float array (examples, classes).
        labels: int array (examples,).

    Returns:
        float64 (examples,), in nats.
    """
    losses = np.stack([log_loss(logits / t, labels) for t in TEMPERATURES])
    best: np.ndarray = losses[losses.mean(axis=1).argmin()]
    return best


class TemperedCrossentropy(keras.metrics.Metric):
    """Mean cross-entropy in nats, at the temperature that gives the least.

    What is exported is calibrated after training. Meanwhile the answers of n-grams with
    an untrained network next to them are too unsure by half: by plain cross-entropy
    whatever makes them surer seems better.

    `update_state` takes targets and logits, float (batch, classes), and weights of the
    examples, float (batch,).
    """

    def __init__(self, name: str = "tempered_crossentropy", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable((len(TEMPERATURES),), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        targets = ops.cast(y_true, self.dtype)[:, None]
        scales = 1 / ops.convert_to_tensor(TEMPERATURES, self.dtype)
        scaled = ops.cast(y_pred, self.dtype)[:, None] * scales[:, None]
        losses = -ops.sum(targets * ops.log_softmax(scaled), axis=-1)
        weights = ops.ones_like(losses[:, 0])
        if sample_weight is not None:
            weights = ops.cast(ops.reshape(sample_weight, (-1,)), self.dtype)
        self.total.assign_add(ops.sum(losses * weights[:, None], axis=0))
        self.count.assign_add(ops.sum(weights))

    def result(self) -> Any:
        """Return the least of the means."""
        return ops.min(self.total) / ops.maximum(self.count, 1e-7)

"""What a translator learns by, and how it is measured while it learns."""

from typing import Any

import keras
from keras import ops

PADDING = -1
"""Behind the end of an answer: neither learned nor counted."""
UNKNOWN = -2
"""A symbol that training does not have: not learned, and always counted as wrong."""


class SymbolLoss(keras.losses.Loss):
    """Cross-entropy of the symbols of an answer, mean over those that are known.

    Call arguments:
        y_true: ids (batch, steps); negative ones do not count. There may be an axis of
            several right answers before the steps, here and below.
        y_pred: logits (batch, steps, symbols).
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__(name="symbols")
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of every symbol, whose mean is that of the known ones."""
        ids = ops.cast(y_true, "int32")
        known = ops.cast(ops.greater_equal(ids, 0), "float32")
        logs = ops.log_softmax(y_pred, axis=-1)
        targets = ops.one_hot(ids, logs.shape[-1], dtype="float32")
        entropy = -ops.sum(targets * logs, axis=-1)
        spread = -ops.mean(logs, axis=-1)
        mixed = (1 - self.label_smoothing) * entropy + self.label_smoothing * spread
        return mixed * known / ops.maximum(ops.mean(known), 1e-7)


class SymbolAccuracy(keras.metrics.Mean):
    """Share of the symbols that are right, given the right ones before each."""

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(name=name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the symbols of a batch."""
        right, counted = _judged(y_true, y_pred)
        super().update_state(right, counted)


class ExactAccuracy(keras.metrics.Mean):
    """Share of the answers all of whose symbols are right.

    Taking the likeliest symbol at each place gives exactly these answers, so this is
    the figure of greedy decoding too.
    """

    def __init__(self, name: str = "exact") -> None:
        super().__init__(name=name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the answers of a batch."""
        right, counted = _judged(y_true, y_pred)
        whole = ops.min(ops.maximum(right, 1 - counted), axis=-1)
        super().update_state(whole, ops.max(counted, axis=-1))


def _judged(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return which places are right, and which count, float (batch, steps)."""
    ids = ops.cast(y_true, "int32")
    best = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
    counted = ops.cast(ops.not_equal(ids, PADDING), "float32")
    return ops.cast(ops.equal(best, ids), "float32"), counted

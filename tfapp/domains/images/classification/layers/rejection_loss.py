"""Cross-entropy with a further class to which no example belongs."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class RejectionLoss(keras.losses.Loss):
    """The loss of LeNet-5: y_true + log(e^-j + Σ e^-y_i), penalties y_i = -logits.

    It is cross-entropy with one more class whose penalty is always j. Classes whose
    penalty is far above j are not pushed away any further.

    Args:
        penalty: j, above 0.
        label_smoothing: share of the labels that is spread over all classes.

    Call arguments:
        labels: float tensor (batch, classes), rows sum to 1.
        logits: float tensor (batch, classes).

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document
        recognition, Proceedings of the IEEE 86, 1998 (equation 9).
    """

    def __init__(
        self,
        penalty: float,
        label_smoothing: float = 0.0,
        name: str = "rejection",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.penalty = penalty
        self.label_smoothing = label_smoothing

    def call(self, labels: Any, logits: Any) -> Any:
        """Return the loss of every example, float tensor (batch,)."""
        share = self.label_smoothing
        labels = labels * (1.0 - share) + share / logits.shape[-1]
        rejected = ops.full_like(logits[:, :1], -self.penalty)
        total = ops.logsumexp(ops.concatenate([logits, rejected], axis=-1), axis=-1)
        return total - ops.sum(labels * logits, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "penalty": self.penalty,
            "label_smoothing": self.label_smoothing,
        }

"""What capsule networks learn by."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.sizes import check_sizes


@keras.saving.register_keras_serializable(package="tfapp")
class MarginLoss(keras.losses.Loss):
    """Capsules of classes that are there shall be long, the others short (equation 4).

    The sum over the classes of T max(0, 0.9 - |v|)² + 0.5 (1 - T) max(0, |v| - 0.1)².
    The authors' code takes half the mean over the classes instead, with ten classes a
    twentieth; relative to it, reconstruction counts 20 times as much as in the paper.

    Args:
        scale: "paper" or "code".
        label_smoothing: share of the labels that is spread over all classes.

    Call arguments:
        labels: float tensor (batch, classes), 1 for every class that is there.
        presence: float tensor (batch, classes), lengths |v| in [0, 1).

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        https://arxiv.org/abs/1710.09829
    """

    def __init__(
        self,
        scale: str = "paper",
        label_smoothing: float = 0.0,
        name: str = "margin",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.scale = scale
        self.label_smoothing = label_smoothing

    def call(self, labels: Any, presence: Any) -> Any:
        """Return the loss of every example, float tensor (batch,)."""
        classes, share = presence.shape[-1], self.label_smoothing
        labels = labels * (1.0 - share) + share / classes
        missed = ops.square(ops.maximum(0.0, 0.9 - presence))
        imagined = ops.square(ops.maximum(0.0, presence - 0.1))
        total = ops.sum(labels * missed + 0.5 * (1.0 - labels) * imagined, axis=-1)
        return total if self.scale == "paper" else 0.5 * total / classes

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "scale": self.scale,
            "label_smoothing": self.label_smoothing,
        }


@keras.saving.register_keras_serializable(package="tfapp")
class GrowingMargin(keras.layers.Layer):
    """Append the margin of the spread loss, which grows with the training steps.

    It is 0.2 + 0.79 sigmoid(min(10, step / steps - 4)): 0.21 at first, 0.60 after four
    times `steps`, 0.98 after eight times. The steps are a weight, so a run that is
    resumed goes on with the margin it had.

    Args:
        steps: of training in which the sigmoid's logit grows by 1; 50,000 in the paper.

    Input shape:
        Float tensor (batch, classes).

    Output shape:
        Float tensor (batch, classes + 1), the margin last.

    Reference:
        Hinton, Sabour & Frosst, Matrix capsules with EM routing, ICLR 2018,
        https://openreview.net/forum?id=HJWLfGWRb
    """

    def __init__(self, steps: int = 50_000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_sizes(steps=steps)
        self.steps = steps

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="float32",
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        grown = ops.sigmoid(ops.minimum(10.0, self.step / self.steps - 4.0))
        margin = ops.cast(0.2 + 0.79 * grown, inputs.dtype)
        if training:
            self.step.assign(self.step + 1.0)
        column = ops.ones_like(inputs[:, :1]) * margin
        return ops.concatenate([inputs, column], axis=-1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[1] + 1)  # type: ignore[operator]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"steps": self.steps}


@keras.saving.register_keras_serializable(package="tfapp")
class SpreadLoss(keras.losses.Loss):
    """The right class shall be more active than each other one, by a margin.

    The sum over the wrong classes i of max(0, margin - (a_right - a_i))².

    Call arguments:
        labels: one-hot float tensor (batch, classes).
        spread: float tensor (batch, classes + 1): activations a in [0, 1], and then
            the margin; see `GrowingMargin`.

    Reference:
        Hinton, Sabour & Frosst, 2018; see `GrowingMargin`.
    """

    def __init__(self, name: str = "spread", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, labels: Any, spread: Any) -> Any:
        """Return the loss of every example, float tensor (batch,)."""
        activations, margin = spread[:, :-1], spread[:, -1:]
        right = ops.sum(labels * activations, axis=-1, keepdims=True)
        short = ops.maximum(0.0, margin - (right - activations))
        return ops.sum((1.0 - labels) * ops.square(short), axis=-1)


@keras.saving.register_keras_serializable(package="tfapp")
class ReconstructionLoss(keras.losses.Loss):
    """The squared differences to the picture, summed over its pixels.

    Args:
        weight: of the sum; 0.0005 in the paper, the same as 0.392 times the mean over
            28×28 pixels.

    Call arguments:
        images: float tensor (batch, height, width, channels) in [0, 255].
        reconstruction: float tensor of that shape in [0, 1].

    Reference:
        Sabour, Frosst & Hinton, 2017, section 4.1; see `MarginLoss`.
    """

    def __init__(
        self, weight: float = 0.0005, name: str = "reconstruction", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.weight = weight

    def call(self, images: Any, reconstruction: Any) -> Any:
        """Return the loss of every example, float tensor (batch,)."""
        squares = ops.square(images / 255.0 - reconstruction)
        return self.weight * ops.sum(squares, axis=(1, 2, 3))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"weight": self.weight}

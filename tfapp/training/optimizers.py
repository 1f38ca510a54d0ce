"""Optimizers whose step differs from layer to layer."""

from collections.abc import Mapping
from typing import Any

import keras

from tfapp.recipes.config import TrainingConfig

OPTIMIZERS = {
    "adadelta": keras.optimizers.Adadelta,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
}
FURTHER: dict[str, dict[str, float]] = {
    "adadelta": {"rho": 0.95, "epsilon": 1e-6},
    "sgd": {"momentum": 0.9},
}
"""Arguments that are not Keras's defaults. Those of Adadelta are of Zeiler, ADADELTA,
2012, https://arxiv.org/abs/1212.5701, whose learning rate is 1.0."""


def make_optimizer(
    config: TrainingConfig,
    learning_rate: float,
    rate_factors: Mapping[str, float] | None = None,
    name: str | None = None,
    measures_gradients: bool = False,
) -> Any:
    """Build the recipe's optimizer.

    Args:
        config: name, weight decay, clipping and averaging.
        learning_rate: at the start; the schedule changes it.
        rate_factors: variable path → factor on the learning rate; 1 if absent.
        name: of another optimizer than the config's.
        measures_gradients: whether its variable `gradient_norm` holds the global norm
            of the last gradient, before any clipping.

    Returns:
        A Keras optimizer. Weight decay is decoupled (AdamW's way) for all of them,
        follows the variable's own rate, and leaves biases and scales alone.
    """
    arguments: dict[str, Any] = {
        "learning_rate": learning_rate,
        "weight_decay": config.weight_decay,
        "global_clipnorm": config.clip_norm or None,
        "use_ema": config.ema_momentum > 0,
    }
    if config.ema_momentum:
        arguments["ema_momentum"] = config.ema_momentum
    name = name or config.optimizer
    arguments |= FURTHER.get(name, {})
    return layerwise(OPTIMIZERS[name])(
        rate_factors=dict(rate_factors or {}),
        measures_gradients=measures_gradients,
        **arguments,
    )


def layerwise(optimizer: type) -> type:
    """Return a subclass of a Keras optimizer with one rate factor per variable.

    Scaling the gradient would not do: Adam and RMSprop divide it out again. So the
    learning rate itself is scaled, where the update of one variable is computed.
    """

    class Layerwise(optimizer):
        ema_momentum: Any

        def __init__(
            self,
            *,
            rate_factors: dict[str, float],
            measures_gradients: bool = False,
            **kwargs: Any,
        ) -> None:
            super().__init__(**kwargs)
            self.rate_factors = rate_factors
            self.measures_gradients = measures_gradients
            self.gradient_norm: Any = None
            self._factors: list[float] = []

        def build(self, variables: list[Any]) -> None:
            super().build(variables)
            self._factors = [self.rate_factors.get(v.path, 1.0) for v in variables]
            small = [v for v in variables if len(v.shape) < 2]
            if self.weight_decay and small:
                self.exclude_from_weight_decay(var_list=small)
            if self.measures_gradients:
                self.gradient_norm = self.add_variable((), name="gradient_norm")

        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            if self.gradient_norm is not None:
                self.gradient_norm.assign(global_norm(grads))
            super().apply(grads, trainable_variables)

        def _apply_weight_decay(self, variables: list[Any]) -> None:
            """Do nothing: `update_step` decays, with the variable's own rate."""

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            factor = self._factors[self._get_variable_index(variable)]
            rate = learning_rate * factor
            if self.weight_decay and self._use_weight_decay(variable):
                shrink = keras.ops.cast(rate * self.weight_decay, variable.dtype)
                self.assign_sub(variable, variable * shrink)
            super().update_step(gradient, variable, rate)

        def _update_model_variables_moving_average(self, variables: list[Any]) -> None:
            """Average over fewer steps at first, as TensorFlow's own averages do.

            Otherwise a few hundred steps at 0.999 would give little but the weights
            at the start.
            """
            momentum = self.ema_momentum
            steps = keras.ops.cast(self.iterations, "float32")
            self.ema_momentum = keras.ops.minimum(momentum, (1 + steps) / (10 + steps))
            super()._update_model_variables_moving_average(variables)
            self.ema_momentum = momentum

    Layerwise.__name__ = f"Layerwise{optimizer.__name__}"
    return Layerwise


def global_norm(gradients: Any) -> Any:
    """Return the norm of all gradients together, a float32 scalar.

    Of a sparse gradient, rows that occur twice in a batch count one by one.

    Args:
        gradients: tensors, or None for variables without one.
    """
    ops = keras.ops
    dense = [getattr(g, "values", g) for g in gradients if g is not None]
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in dense]
    return ops.sqrt(sum(squares, start=ops.zeros((), "float32")))


def innermost(optimizer: Any) -> Any:
    """Return the optimizer that owns rate and averages, below any loss scaling."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def class_weights(labels: Any) -> dict[int, float]:
    """Return class index → weight: all classes count the same, mean 1 over examples.

    Args:
        labels: int array (examples,).
    """
    classes = sorted({int(label) for label in labels})
    counts = {c: int((labels == c).sum()) for c in classes}
    return {c: len(labels) / (len(classes) * n) for c, n in counts.items()}

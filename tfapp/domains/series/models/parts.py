"""What all forecasting networks share: inputs, levels, covariates and heads."""

from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.layers.outputs import LOGITS

FORECAST, QUANTILES = "forecast", "quantiles"
Normalization = Literal["last", "mean", "none"]
NORMALIZATIONS = ("last", "mean", "none")


def inputs_of(info: DataInfo) -> dict[str, Any]:
    """Return a Keras input for each input of the data, by its name.

    "history" is (batch, window, targets); "past" (batch, window, covariates); "future"
    (batch, window + horizon, covariates); "static" (batch, numbers).
    """
    return {
        name: keras.Input(spec.shape, dtype=spec.dtype, name=name)
        for name, spec in info.inputs.items()
    }


def horizon_of(info: DataInfo) -> int:
    """Return the number of steps to forecast."""
    [horizon] = info.target_shape
    if horizon is None:
        raise ModelError("A forecast has a fixed number of steps. Set `horizon`.")
    return horizon


def network(inputs: dict[str, Any], outputs: Any, name: str) -> keras.Model:
    """Return the model of inputs by name; a single one is taken as it is."""
    only = next(iter(inputs.values()))
    return keras.Model(inputs if len(inputs) > 1 else only, outputs, name=name)


def level(history: Any, normalization: Normalization) -> Any:
    """Return what is taken from the history and given back to the forecast.

    Args:
        history: float tensor (batch, window, targets).
        normalization: the "last" value, the "mean" of the window, or "none".

    Returns:
        Float tensor (batch, 1, targets), or the number 0.

    Raises:
        ModelError: for another word.

    References:
        Zeng et al., Are Transformers Effective for Time Series Forecasting?, 2023,
        https://arxiv.org/abs/2205.13504 (NLinear, the last value).
    """
    if normalization not in NORMALIZATIONS:
        raise ModelError(
            f"`normalization` must be one of {list(NORMALIZATIONS)}. "
            f"Received: {normalization!r}"
        )
    if normalization == "last":
        return history[:, -1:]
    return ops.mean(history, axis=1, keepdims=True) if normalization == "mean" else 0.0


def each_target(sequence: Any) -> Any:
    """Return (batch, targets, steps) of a tensor (batch, steps, targets)."""
    return ops.transpose(sequence, (0, 2, 1))


def linear_effects(inputs: dict[str, Any], horizon: int, targets: int) -> list[Any]:
    """Return what covariates add to a forecast, by weights that begin at zero.

    A covariate known in advance acts on its own step, by how far it is from its value
    at the last known step. One known until now acts through its whole window.

    Returns:
        Float tensors (batch, horizon, targets), none where there are no covariates.
    """
    found = []
    if "future" in inputs:
        future = inputs["future"]
        moved = future[:, -horizon:] - future[:, -horizon - 1 : -horizon]
        found.append(
            layers.Dense(
                targets,
                use_bias=False,
                kernel_initializer="zeros",
                name="future_effect",
            )(moved)
        )
    if "past" in inputs:
        past = inputs["past"]
        moved = layers.Flatten(name="flat_past")(past - past[:, -1:])
        effect = layers.Dense(
            horizon * targets,
            use_bias=False,
            kernel_initializer="zeros",
            name="past_effect",
        )(moved)
        found.append(ops.reshape(effect, (-1, horizon, targets)))
    return found


def require_quantiles(quantiles: tuple[float, ...]) -> None:
    """Refuse quantiles that are no increasing shares.

    Raises:
        ModelError: with the numbers.
    """
    increasing = list(quantiles) == sorted(set(quantiles))
    if not increasing or any(not 0 < q < 1 for q in quantiles):
        raise ModelError(
            "`quantiles` must be increasing numbers between 0 and 1, for example "
            f"[0.1, 0.5, 0.9]. Received: {list(quantiles)}"
        )


def outputs_of(forecast: Any, spread: Any, base: Any) -> Any:
    """Return the forecast, and with quantiles a dict of it and them.

    Args:
        forecast: float tensor (batch, horizon, targets), without the level.
        spread: float tensor (batch, horizon, targets, quantiles) around the forecast,
            or None.
        base: what `level` returned.

    Returns:
        Float32 (batch, horizon, targets), or {"logits": it, "quantiles": float32
        (batch, horizon, targets, quantiles), increasing}.
    """
    point = layers.Activation("linear", dtype="float32", name=FORECAST)(forecast + base)
    if spread is None:
        return point
    # Sorted quantiles never cross, and sorting makes none worse (Chernozhukov 2010).
    ordered = ops.sort(
        ops.cast(spread, "float32") + ops.expand_dims(point, -1), axis=-1
    )
    named = layers.Activation("linear", dtype="float32", name=QUANTILES)(ordered)
    return {LOGITS: point, QUANTILES: named}

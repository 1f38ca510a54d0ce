"""Forecasts as weighted sums of the past."""

from typing import Any

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.series.models.parts import (
    Normalization,
    each_target,
    horizon_of,
    inputs_of,
    level,
    linear_effects,
    network,
    outputs_of,
    require_quantiles,
)


def linear_forecaster(
    info: DataInfo,
    *,
    normalization: Normalization = "last",
    see_level: bool = True,
    trend_steps: int = 0,
    quantiles: tuple[float, ...] = (),
) -> keras.Model:
    """One weight for each step of the window and of the horizon, for all series.

    With `trend_steps` it is DLinear: a moving average of that many steps and what
    remains of the series get weights of their own. Weights begin at zero: an untrained
    network repeats the level.

    Args:
        info: inputs of the data, horizon and number of targets.
        normalization: what is taken from the window and added to the forecast again,
            the "last" value, the "mean" or "none".
        see_level: give what was taken from the window a weight for each step to
            forecast, so that the network can learn that high values come down again.
        trend_steps: odd length of the moving average; 0 for none.
        quantiles: of the forecast that get a head of their own, for example 0.1, 0.9.

    Returns:
        keras.Model: float tensor "history" (batch, window, targets), or a dict of it
        and covariates → float32 forecasts (batch, horizon, targets), see `outputs_of`.

    Raises:
        ModelError: for an even or too long moving average, and wrong options.

    References:
        Zeng et al., Are Transformers Effective for Time Series Forecasting?, AAAI 2023,
        https://arxiv.org/abs/2205.13504
    """
    require_quantiles(quantiles)
    horizon, targets = horizon_of(info), info.num_outputs
    inputs = inputs_of(info)
    history = inputs["history"]
    base = level(history, normalization)
    parts = _parts(each_target(history - base), trend_steps)
    if see_level and normalization != "none":
        parts.append(each_target(base))

    def weighted(name: str, width: int) -> Any:
        dense = [
            layers.Dense(width, kernel_initializer="zeros", name=f"{name}_{i}")(part)
            for i, part in enumerate(parts)
        ]
        return sum(dense[1:], dense[0])

    forecast = each_target(weighted("weights", horizon))
    effects = linear_effects(inputs, horizon, targets)
    forecast = sum(effects, forecast)
    spread = None
    if quantiles:
        flat = weighted("quantile_weights", horizon * len(quantiles))
        split = ops.reshape(flat, (-1, targets, horizon, len(quantiles)))
        spread = ops.transpose(split, (0, 2, 1, 3))
    outputs = outputs_of(forecast, spread, base)
    return network(inputs, outputs, "linear_forecaster")


def _parts(series: Any, trend_steps: int) -> list[Any]:
    """Return the series, or its moving average and the rest, each as the series."""
    if not trend_steps:
        return [series]
    steps = series.shape[-1]
    if trend_steps % 2 == 0 or not 0 < trend_steps <= steps:
        raise ModelError(
            f"`trend_steps` must be odd and at most the window of {steps} steps. "
            f"Received: {trend_steps}"
        )
    half = trend_steps // 2
    first = ops.repeat(series[..., :1], half, axis=-1)
    last = ops.repeat(series[..., -1:], half, axis=-1)
    padded = each_target(ops.concatenate([first, series, last], axis=-1))
    mean = layers.AveragePooling1D(trend_steps, strides=1, name="trend")(padded)
    trend = each_target(mean)
    return [trend, series - trend]

"""Forecasts by a recurrent network that reads the window a stretch at a time."""

from typing import Any, Literal

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

CELLS = {"elman": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
MOST_STEPS = 14
"""Recurrent steps by default: two weeks of days, in hours."""
UNROLLED_STEPS = 32
"""Up to this number steps are written out, which is twice as fast on a processor."""


def recurrent_forecaster(
    info: DataInfo,
    *,
    cell: Literal["elman", "lstm", "gru"] = "gru",
    units: int = 64,
    depth: int = 1,
    segment: int = 0,
    dropout_rate: float = 0.1,
    normalization: Normalization = "last",
    see_level: bool = True,
    linear_path: bool = False,
    quantiles: tuple[float, ...] = (),
) -> keras.Model:
    """A recurrent network reads the window; all steps are forecast from its last state.

    Each target is read by the same weights. A step of the recurrence sees a segment of
    the target and of the covariates; the head sees the last state, the covariates of
    the steps to forecast and the static numbers.

    Args:
        info: inputs of the data, horizon and number of targets.
        cell: "elman" is the simplest; "lstm" and "gru" have gates, see
            `tfapp.layers.recurrent` for the equations.
        units: size of the states.
        depth: number of recurrent layers.
        segment: values read in one step, best a season; 0 for as few as make 14 steps,
            1 for a step a value. What is left over at the old end is not read.
        dropout_rate: before the head.
        normalization: what is taken from the window and added to the forecast again,
            the "last" value, the "mean" or "none".
        see_level: show the head what was taken from the window, so that it can learn
            that high values come down again.
        linear_path: add a linear forecast, whose weights begin at zero.
        quantiles: of the forecast that get a head of their own, for example 0.1, 0.9.

    Returns:
        keras.Model: float tensor "history" (batch, window, targets), or a dict of it
        and covariates → float32 forecasts (batch, horizon, targets), see `outputs_of`.

    Raises:
        ModelError: for a segment longer than the window, and wrong options.

    References:
        Elman, Finding Structure in Time, 1990; Hochreiter & Schmidhuber, Long
        Short-Term Memory, 1997; Cho et al., Learning Phrase Representations using RNN
        Encoder-Decoder, 2014, https://arxiv.org/abs/1406.1078; Lin et al., SegRNN:
        Segment Recurrent Neural Network for Long-Term Time Series Forecasting, 2023,
        https://arxiv.org/abs/2308.11200 (segments).
    """
    require_quantiles(quantiles)
    horizon, targets = horizon_of(info), info.num_outputs
    inputs = inputs_of(info)
    history = inputs["history"]
    window = history.shape[1]
    segment = segment or -(-window // MOST_STEPS)
    if not 0 < segment <= window:
        raise ModelError(
            f"`segment` must be at most the window of {window} steps. "
            f"Received: {segment}"
        )
    base = level(history, normalization)
    series = each_target(history - base)
    x = _segments(series, inputs, segment)
    x = layers.Dense(units, activation="relu", name="embedding")(x)
    for number in range(1, depth + 1):
        x = CELLS[cell](
            units,
            return_sequences=number < depth,
            unroll=window // segment <= UNROLLED_STEPS,
            name=f"recurrent{number}",
        )(x)
    context = _context(inputs, horizon, targets)
    if see_level and normalization != "none":
        context.append(ops.reshape(base, (-1, 1)))
    x = ops.concatenate([x, *context], axis=-1)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    forecast = _head(x, "head", targets, horizon, 1)[..., 0]
    if linear_path:
        dense = layers.Dense(horizon, kernel_initializer="zeros", name="linear_path")
        forecast = forecast + each_target(dense(series))
    forecast = sum(linear_effects(inputs, horizon, targets), forecast)
    spread = None
    if quantiles:
        spread = _head(x, "quantile_head", targets, horizon, len(quantiles))
    return network(inputs, outputs_of(forecast, spread, base), cell)


def _segments(series: Any, inputs: dict[str, Any], segment: int) -> Any:
    """Return what each recurrent step sees, (batch * targets, steps, features).

    Args:
        series: (batch, targets, window), without its level.
        inputs: covariates among them.
        segment: values in a step.
    """
    targets, window = series.shape[1:]
    steps = window // segment
    start = window - steps * segment
    found = [ops.reshape(series[..., start:], (-1, steps, segment))]
    for name in ("past", "future"):
        if name in inputs:
            covariates = inputs[name][:, start:window]
            flat = (-1, steps, segment * covariates.shape[-1])
            found.append(_repeated(ops.reshape(covariates, flat), targets))
    return ops.concatenate(found, axis=-1)


def _context(inputs: dict[str, Any], horizon: int, targets: int) -> list[Any]:
    """Return what the head sees besides the state, (batch * targets, features)."""
    found = []
    if "future" in inputs:
        ahead = layers.Flatten(name="flat_future")(inputs["future"][:, -horizon:])
        found.append(_repeated(ahead, targets))
    if "static" in inputs:
        found.append(_repeated(inputs["static"], targets))
    return found


def _repeated(tensor: Any, targets: int) -> Any:
    """Repeat each example for each target, next to each other."""
    return ops.repeat(tensor, targets, axis=0)


def _head(x: Any, name: str, targets: int, horizon: int, width: int) -> Any:
    """Return (batch, horizon, targets, width) of states (batch * targets, features)."""
    flat = layers.Dense(horizon * width, name=name)(x)
    split = ops.reshape(flat, (-1, targets, horizon, width))
    return ops.transpose(split, (0, 2, 1, 3))

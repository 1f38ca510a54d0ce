"""The learning rate range test: the rate rises from step to step; the loss is watched.

Reference:
    Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017,
    https://arxiv.org/abs/1506.01186
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfapp.training.loop.epochs import Epochs

LOWEST, HIGHEST = 1e-6, 1.0
"""Rates of the first and the last step."""
SMOOTHING = 0.9
"""Share of the past in the moving average of the loss."""
DIVERGED = 4.0
"""The test ends where the loss is so many times its lowest value."""
LEAST_STEPS = 10
"""Before which nothing has diverged: the average is of too little."""


@dataclass(frozen=True)
class RateCurve:
    """What a range test measured.

    Args:
        rates: of each step, rising.
        losses: moving averages of the loss of a batch, of each step.
        suggestion: rate at which the loss falls fastest; None if it never falls.
        diverged: whether the test ended because the loss rose, as it should.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float | None
    diverged: bool


def find_rate(
    workload: Epochs, steps: int, lowest: float = LOWEST, highest: float = HIGHEST
) -> RateCurve:
    """Train while the rate rises, then give every variable its value back.

    Args:
        workload: compiled training; passes over its data repeat if need be.
        steps: at most so many.
        lowest: rate of the first step.
        highest: rate of the last step.

    Returns:
        Rates, losses and a suggestion.
    """
    rates = np.geomspace(lowest, highest, steps)
    losses: list[float] = []
    average = 0.0
    with restored(workload):
        for index, (rate, batch) in enumerate(
            zip(rates, _batches(workload), strict=False)
        ):
            workload.stepper.sync()
            workload.model.reset_metrics()
            (logs,) = workload.stepper.step([batch], [float(rate)])
            loss = float(logs["loss"])
            average = SMOOTHING * average + (1.0 - SMOOTHING) * loss
            smooth = average / (1.0 - SMOOTHING ** (index + 1))
            if not math.isfinite(smooth):
                return _curve(rates, losses, diverged=True)
            losses.append(smooth)
            if index >= LEAST_STEPS and _has_diverged(losses):
                return _curve(rates, losses, diverged=True)
    return _curve(rates, losses, diverged=False)


def _batches(workload: Epochs) -> Iterator[Any]:
    epoch = 0
    while True:
        yield from workload.stepper.batches(workload.train(epoch))
        epoch += 1


def _has_diverged(losses: Sequence[float]) -> bool:
    """Say whether the loss has risen far above its lowest value.

    Losses may be negative, so the fall from the start is the measure too.
    """
    lowest = min(losses)
    fallen = losses[0] - lowest
    return losses[-1] > max(lowest + DIVERGED * fallen, DIVERGED * lowest, losses[0])


def _curve(rates: np.ndarray, losses: Sequence[float], *, diverged: bool) -> RateCurve:
    used = rates[: len(losses)]
    return RateCurve(
        tuple(float(rate) for rate in used),
        tuple(losses),
        suggested(used, losses),
        diverged,
    )


def suggested(rates: Any, losses: Sequence[float]) -> float | None:
    """Return the rate at which the loss falls fastest, before its lowest value.

    Args:
        rates: float array or sequence (steps,), rising.
        losses: smoothed, as many.

    Returns:
        None if the loss does not fall.
    """
    end = int(np.argmin(losses)) + 1 if len(losses) else 0
    if end < 3:
        return None
    slopes = np.gradient(np.asarray(losses)[:end], np.log(np.asarray(rates)[:end]))
    steepest = int(np.argmin(slopes))
    return float(rates[steepest]) if slopes[steepest] < 0 else None


@contextmanager
def restored(workload: Epochs) -> Iterator[None]:
    """Give model, optimizer and metrics their values back, whatever happens between."""
    before = [keras.ops.convert_to_numpy(v) for v in workload.variables()]
    try:
        yield
    finally:
        workload.stepper.sync()
        for variable, value in zip(workload.variables(), before, strict=True):
            variable.assign(value)

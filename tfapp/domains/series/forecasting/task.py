"""Forecasts of the next steps of a series."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from pydantic import PositiveFloat

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.series.forecasting.interface import INTERFACE
from tfapp.domains.series.forecasting.losses import HuberError, PinballError
from tfapp.domains.series.forecasting.report import forecast_sections
from tfapp.domains.series.forecasting.results import METRIC, evaluate_forecaster
from tfapp.domains.series.forecasting.views import forecast_views
from tfapp.domains.series.models.parts import QUANTILES
from tfapp.layers.outputs import LOGITS
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task


def task(*, delta: PositiveFloat = 0.5, quantiles: tuple[float, ...] = ()) -> Task:
    """Forecast the next values of every series, with intervals.

    Args:
        delta: error in deviations of the series above which the loss grows linearly,
            so that outliers pull less.
        quantiles: that a network with a quantile head learns; those of its options.
    """
    return Task(
        name="forecasting",
        learning=partial(_learning, delta, tuple(quantiles)),
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=evaluate_forecaster,
        interface=INTERFACE,
        sections=_sections,
        views=forecast_views,
    )


def _learning(
    delta: float, quantiles: tuple[float, ...], model: keras.Model, info: DataInfo
) -> Learning:
    metrics = [keras.metrics.MeanSquaredError(name="mse")]
    if not isinstance(model.output, dict):
        return Learning(model, HuberError(delta), metrics)
    losses = {LOGITS: HuberError(delta), QUANTILES: PinballError(quantiles)}
    return Learning(model, losses, metrics, batch=_twice, main=LOGITS)


def _twice(inputs: Any, targets: Any) -> tuple[Any, Any]:
    """Return the truth as the target of the forecast and of its quantiles."""
    return inputs, {LOGITS: targets, QUANTILES: targets}


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    return forecast_sections(results, dataset)

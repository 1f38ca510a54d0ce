"""The sections of the report on a forecaster: methods, forecasts, single series."""

from typing import cast

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.domains.series.dataset import SeriesDataset
from tfapp.domains.series.forecasting.charts import Shown
from tfapp.domains.series.forecasting.results import Evidence
from tfapp.domains.series.forecasting.sections import (
    forecasts_section,
    methods_section,
    targets_section,
)
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results

SHOWN = 4
"""Forecasts that the report draws."""


def forecast_sections(results: Results, data: Dataset) -> list[Section]:
    """Return the sections on methods, forecasts and single series."""
    dataset, evidence = cast(SeriesDataset, data), results.evidence
    sections = [methods_section(evidence.methods, evidence.sentence)]
    if evidence.intervals is not None:
        shown = _shown(dataset, evidence)
        levels = evidence.intervals.levels
        sections.insert(0, forecasts_section(shown, evidence.coverage, levels))
    if len(errors := _errors_by_series(dataset, evidence)) > 1:
        sections.append(targets_section(errors))
    return sections


def _shown(dataset: SeriesDataset, evidence: Evidence) -> list[Shown]:
    """Return a few forecasts, evenly spread over the test part, in their own unit."""
    examples = dataset.examples["test"]
    chosen = np.unique(np.linspace(0, len(examples) - 1, SHOWN).round().astype(int))
    lower, upper = evidence.intervals.around(  # type: ignore[union-attr]
        evidence.forecasts[chosen], evidence.part.history[chosen]
    )
    return [
        shown_forecast(
            dataset,
            examples[index],
            place,
            (evidence.forecasts[index], lower[:, place], upper[:, place]),
        )
        for place, index in enumerate(chosen)
    ]


def shown_forecast(
    dataset: SeriesDataset,
    example: Example,
    place: int,
    scaled: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Shown:
    """Return one forecast of one target, in the unit of the values.

    Args:
        dataset: of the example.
        example: where the forecast begins.
        place: among several, so that each shows another target.
        scaled: forecast (horizon, targets), lower and upper ends of its intervals
            (levels, horizon, targets).
    """
    layout = dataset.preprocessor.layout
    origin = dataset.origins[example.name]
    item, target = dataset.table.items[origin.item], place % len(layout.targets)
    steps = slice(origin.step - layout.window, origin.step + layout.horizon)
    mean, deviation = dataset.preprocessor.scaling.targets[origin.item][:, target]
    forecast, lower, upper = (
        values[..., target] * deviation + mean for values in scaled
    )
    name = " ".join(filter(None, [item.name, layout.targets[target]]))
    return Shown(
        f"{name}, from {str(item.times[origin.step]).replace('T', ' ')}",
        item.times[steps],
        item.targets[steps, target],
        forecast,
        lower,
        upper,
    )


def _errors_by_series(
    dataset: SeriesDataset, evidence: Evidence
) -> dict[str, dict[str, float]]:
    """Return MSE, MAE and MASE of each series and target."""
    part, names = evidence.part, dataset.preprocessor.layout.targets
    off = evidence.forecasts - part.truth
    counted = np.ones_like(off) if part.weights is None else part.weights
    origins = [dataset.origins[e.name].item for e in dataset.examples["test"]]
    errors = {}
    for number, item in enumerate(dataset.table.items):
        rows = np.array(origins) == number
        if not rows.any():
            continue
        for target, name in enumerate(names):
            error, weight = off[rows, :, target], counted[rows, :, target]
            size = np.abs(error) / part.unit[rows, target][:, None]
            values = {"mse": error**2, "mae": np.abs(error), "mase": size}
            errors[" ".join(filter(None, [item.name, name]))] = {
                key: float((v * weight).sum() / max(weight.sum(), 1))
                for key, v in values.items()
            }
    return errors

"""The rules by which `fit` writes a recipe for series; docs/series.md explains them."""

from typing import Any

from tfapp.base.errors import DataError
from tfapp.domains.series.check import SeriesReport
from tfapp.recipes.plan import Machine, Plan

ROWS = 256
"""Windows times targets in a batch."""

UPDATES = 2500
"""Updates of the weights, after which ETTh1's validation error rises again."""

FEW_WINDOWS = 300
"""Training windows below which a linear path supports the recurrent network, and its
head does not see the level: of a series that grows it would see ever new ones."""


def plan(report: SeriesReport, machine: Machine) -> Plan:
    """Choose horizon, window, network and training for a table of series.

    Raises:
        DataError: if no window is left to train on.
    """
    del machine  # a budget ends the training, its learning rate by then cooled down
    if not report.training_windows:
        raise DataError(
            f"{report.name}: {report.steps[0]} steps of {report.frequency} are too few "
            f"to forecast {report.season} of them from {report.window}. Give longer "
            "series, or write a recipe with a shorter horizon and window."
        )
    batch_size = max(8, ROWS // len(report.targets))
    batch_size = min(batch_size, max(8, report.training_windows // 4))
    updates = max(1, report.training_windows // batch_size)
    few = report.training_windows < FEW_WINDOWS
    options: dict[str, Any] = {"cell": "gru", "linear_path": few, "see_level": not few}
    if 1 < report.season <= report.window:
        options["segment"] = report.season
    epochs = max(3, min(300, round(UPDATES / updates)))
    table = {
        "data": {
            "batch_size": batch_size,
            "split": {"by": "time"},
            "options": {"horizon": report.season, "window": report.window},
        },
        "model": {"name": "recurrent_forecaster", "options": options},
        "training": {
            "epochs": epochs,
            "learning_rate": 1e-3,
            "schedule": "constant",
            "ema_momentum": 0.99,
            "clip_norm": 1.0,
            "patience": max(4, epochs // 4),
        },
    }
    return Plan(table, _reasons(report, epochs, few))


def _reasons(report: SeriesReport, epochs: int, few: bool) -> tuple[str, ...]:
    path = (
        f"with a linear path, because {report.training_windows} training windows are "
        "few"
        if few
        else f"for {report.training_windows} training windows"
    )
    return (
        f"{report.series} series of {len(report.targets)} targets, steps of "
        f"{report.frequency}",
        f"horizon: {report.season} steps, a season; change data.options.horizon for "
        "another",
        f"window: {report.window} steps, whole seasons, three windows or more to "
        "train on",
        f"model: recurrent_forecaster (GRU), a season a step, {path}",
        f"training: {epochs} epochs at a constant rate with averaged weights",
    )

"""Charts of forecasts: against the truth, and the error by how far ahead."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfapp.domains.series.forecasting.assessment import Judged
from tfapp.report.style import PALETTE, look, new_figure

DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)))
SHOWN_BEFORE = 2
"""Horizons of the past that a chart shows."""


@dataclass(frozen=True)
class Shown:
    """One forecast of one target, in the unit of the values.

    Args:
        title: series and start of the forecast.
        times: datetime64[s] (window + horizon,).
        truth: float (window + horizon,).
        forecast: float (horizon,).
        lower: float (levels, horizon), widest interval last.
        upper: the same shape.
    """

    title: str
    times: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def forecast_charts(shown: list[Shown], levels: tuple[float, ...]) -> Figure:
    """Draw forecasts with their intervals against the truth, one below the other."""
    with look():
        figure = new_figure(7.2, 2.3 * len(shown) + 0.4)
        panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
        for axes, one in zip(panels, shown, strict=True):
            _draw(axes, one, levels)
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=4
        )
    return figure


def step_chart(methods: list[Judged]) -> Figure:
    """Draw the mean absolute error of each step ahead, a line for each method."""
    with look():
        figure = new_figure(6.2, 3.0)
        axes = figure.subplots()
        colours = ("accent", "second", "muted")
        for method, colour, dashes in zip(methods, colours, DASHES, strict=False):
            steps = np.arange(1, len(method.steps) + 1)
            axes.plot(
                steps,
                method.steps,
                color=PALETTE[colour],
                linestyle=dashes,
                label=method.name,
            )
        axes.set(xlabel="Steps ahead", ylabel="Mean absolute error (scaled)")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside lower left", ncols=3)
    return figure


def _draw(axes: Axes, one: Shown, levels: tuple[float, ...]) -> None:
    horizon = len(one.forecast)
    start = max(0, len(one.times) - (1 + SHOWN_BEFORE) * horizon)
    ahead = one.times[-horizon:]
    bands = list(zip(levels, one.lower, one.upper, strict=True))
    for level, low, high in reversed(bands):
        axes.fill_between(
            ahead,
            low,
            high,
            color=PALETTE["accent"],
            alpha=0.30 - 0.18 * level,
            linewidth=0,
            label=f"{level:.0%} interval",
        )
    axes.plot(one.times[start:], one.truth[start:], color=PALETTE["ink"], label="Truth")
    axes.plot(
        ahead,
        one.forecast,
        color=PALETTE["accent"],
        linestyle=DASHES[1],
        label="Forecast",
    )
    axes.set_title(one.title)
    locator = AutoDateLocator(maxticks=12)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)

"""Sections of the report hold the figures, and charts the lines."""

import numpy as np

from tfapp.domains.series.forecasting.assessment import Judged
from tfapp.domains.series.forecasting.charts import Shown, forecast_charts, step_chart
from tfapp.domains.series.forecasting.sections import (
    forecasts_section,
    methods_section,
    targets_section,
)

FIGURES = {
    key: {"value": 0.25, "low": 0.2, "high": 0.3} for key in ("mse", "mae", "mase")
}
METHODS = [
    Judged(name, "detail", {}, FIGURES, np.linspace(0.1, 0.4, 6))
    for name in ("network", "seasonal naive", "ridge regression")
]
TIMES = np.datetime64("2026-01-01", "s") + np.arange(30) * np.timedelta64(3600, "s")
WAVE = np.sin(np.arange(30) / 3)
SHOWN = Shown(
    "OT from 2026-01-02 00:00",
    TIMES,
    WAVE,
    WAVE[-6:] + 0.1,
    np.stack([WAVE[-6:] - 0.2, WAVE[-6:] - 0.5]),
    np.stack([WAVE[-6:] + 0.2, WAVE[-6:] + 0.5]),
)


def test_methods_are_compared_in_one_table():
    """Each figure with its interval, the verdict as the chapter's sentence."""
    section = methods_section(METHODS, "The network wins.")
    assert section.lead == "The network wins."
    table = section.blocks[0]
    assert [row[0] for row in table.rows] == [m.name for m in METHODS]
    assert table.rows[0][2] == "0.2500 (0.2000 to 0.3000)"
    assert section.blocks[2].svg.startswith(b"<?xml")


def test_charts_show_truth_forecast_and_intervals():
    """Two bands and two lines a panel; a line for each method."""
    figure = forecast_charts([SHOWN, SHOWN], (0.8, 0.95))
    [first, second] = figure.axes
    assert len(first.lines) == 2
    assert len(first.collections) == 2
    assert first.get_title(loc="left") == SHOWN.title
    np.testing.assert_array_equal(second.lines[1].get_ydata(), SHOWN.forecast)
    assert len(step_chart(METHODS).axes[0].lines) == 3


def test_coverage_is_said_in_words():
    """Both levels, in percent."""
    figures = {
        "80%": {"coverage": 0.812, "width": 1.0},
        "95%": {"coverage": 0.944, "width": 2.0},
    }
    section = forecasts_section([SHOWN], figures, (0.8, 0.95))
    assert "the 80% interval holds 81.2% of the truth" in section.lead
    assert "95% interval holds 94.4%" in section.lead


def test_the_hardest_series_is_named_first():
    """Rows are ordered by MASE."""
    errors = {
        "a": {"mse": 0.1, "mae": 0.2, "mase": 0.5},
        "b": {"mse": 0.1, "mae": 0.2, "mase": 0.9},
    }
    section = targets_section(errors)
    assert [row[0] for row in section.blocks[0].rows] == ["b", "a"]
    assert "b is the hardest" in section.lead

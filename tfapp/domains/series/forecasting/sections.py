"""What the report shows of forecasts."""

from tfapp.domains.series.forecasting.assessment import METRICS, Judged
from tfapp.domains.series.forecasting.charts import (
    Shown,
    forecast_charts,
    step_chart,
)
from tfapp.report.blocks import Paragraph, Picture, Section, Table
from tfapp.report.style import to_svg

NAMES = {"mse": "MSE", "mae": "MAE", "mase": "MASE"}


def methods_section(methods: list[Judged], verdict: str) -> Section:
    """Compare the network with the simple methods on the same test windows."""
    rows = tuple(
        (method.name, method.detail, *(_figure(method, key) for key in METRICS))
        for method in methods
    )
    table = Table(
        ("Method", "Chosen on validation", *NAMES.values()),
        rows,
        "Errors on the test part, with 95 % intervals",
        text_columns=2,
    )
    note = Paragraph(
        "MSE and MAE are of values scaled by the training part's deviation. MASE is in "
        "units of the error of repeating the last season: below 1 is better than that. "
        "Intervals resample blocks of neighbouring forecasts, since windows overlap."
    )
    picture = Picture(
        to_svg(step_chart(methods)),
        "Mean absolute error of each step ahead for the network and simple methods",
        "How the error grows with the distance.",
    )
    return Section("Against simple methods", verdict, (table, note, picture))


def forecasts_section(
    shown: list[Shown], figures: dict[str, dict[str, float]], levels: tuple[float, ...]
) -> Section:
    """Show forecasts of the test part next to what came, and how often it came true.

    Args:
        shown: a few forecasts.
        figures: level, for example "80%", → "coverage" and "width".
        levels: of the intervals.
    """
    said = " and ".join(
        f"the {level} interval holds {figure['coverage']:.1%} of the truth"
        for level, figure in figures.items()
    )
    picture = Picture(
        to_svg(forecast_charts(shown, levels)),
        "Forecasts of the test part with intervals, and the truth",
        "Evenly spread over the test part; the past that the network saw is longer.",
    )
    return Section("Forecasts and what came", f"On the test part {said}.", (picture,))


def targets_section(errors: dict[str, dict[str, float]]) -> Section:
    """List the errors of each series or target, worst first."""
    ordered = sorted(errors, key=lambda name: -errors[name]["mase"])
    rows = tuple(
        (name, *(f"{errors[name][key]:.4g}" for key in METRICS)) for name in ordered
    )
    table = Table(("Series", *NAMES.values()), rows, "Errors of each series")
    lead = f"Of {len(rows)} series, {ordered[0]} is the hardest by MASE."
    return Section("Series by series", lead, (table,))


def _figure(method: Judged, key: str) -> str:
    figure = method.figures[key]
    return f"{figure['value']:.4f} ({figure['low']:.4f} to {figure['high']:.4f})"

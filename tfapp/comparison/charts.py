"""Charts of a comparison: main figures with intervals, and learning curves."""

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from tfapp.comparison import wording
from tfapp.comparison.groups import Group
from tfapp.comparison.recipe_groups import Line
from tfapp.report.style import PALETTE, look, new_figure, percent_axis
from tfapp.report.wording import drawable
from tfapp.tasks.results import Baseline

LOOKS = (
    ("accent", "-", "o"),
    ("second", (0, (4, 2)), "s"),
    ("muted", "-", "^"),
    ("ink", (0, (1, 1.5)), "D"),
    ("accent", (0, (4, 2)), "v"),
    ("second", "-", "P"),
)
"""Colour, dashes and marker of each line; no two lines share all three."""

LONGEST_NAME = 44


def score_picture(
    groups: Sequence[Group], baselines: Sequence[Baseline] = ()
) -> Figure:
    """Draw main figure and 95 % interval of each group, and its runs as small dots.

    Args:
        groups: the first is on top.
        baselines: drawn as dotted lines.
    """
    names = [drawable(group.name, LONGEST_NAME) for group in groups]
    longest = max(map(len, names))
    with look():
        figure = new_figure(3.9 + 0.075 * longest, 0.9 + 0.34 * len(groups))
        axes = figure.subplots()
        for row, group in enumerate(groups):
            _draw_score(axes, row, group)
        axes.set_yticks(range(len(groups)), names)
        axes.tick_params(axis="y", labelcolor=PALETTE["ink"])
        axes.set_ylim(len(groups) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        _draw_baselines(axes, baselines)
        _range(axes, "x", groups, baselines)
        name = groups[0].metric.short_heading
        axes.set(xlabel=f"Test {name}, with its 95 % interval")
    return figure


def size_picture(groups: Sequence[Group], lines: Sequence[Line]) -> Figure:
    """Draw the main figure against the size of training, a line for each system.

    Args:
        groups: as `Comparison.groups`.
        lines: as `Comparison.lines`.
    """
    sizes = np.array([group.size for group in groups])
    shown = sorted({float(sizes[i]) for line in lines for i in line.members})
    with look():
        figure = new_figure(6.2, 3.9)
        axes = figure.subplots()
        for line, kind in zip(lines, islice(cycle(LOOKS), len(lines)), strict=True):
            _draw_line(axes, line, groups, sizes, kind)
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        ticks = _ticks(shown)
        axes.set_xticks(ticks, [f"{size:,.4g}" for size in ticks])
        _range(axes, "y", groups)
        name = groups[0].metric.short_heading
        axes.set(xlabel=wording.size_title(groups[0]), ylabel=f"Test {name}")
        handles = axes.get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower left", ncols=1)
    return figure


def _draw_score(axes: Axes, row: int, group: Group) -> None:
    low, high = _ends(group)
    colour = PALETTE["accent"]
    axes.plot([low, high], [row, row], color=colour, linewidth=2.2)
    if len(group.records) > 1:
        runs = group.scores.runs
        axes.scatter(
            runs,
            np.full(len(runs), row + 0.24),
            11,
            "none",
            edgecolors=PALETTE["muted"],
            linewidths=0.9,
        )
    axes.scatter([group.scores.mean], [row], 42, colour, zorder=3)


def _draw_line(
    axes: Axes,
    line: Line,
    groups: Sequence[Group],
    sizes: np.ndarray,
    kind: tuple[str, object, str],
) -> None:
    colour, dashes, marker = kind
    members = list(line.members)
    means = np.array([groups[i].scores.mean for i in members])
    ends = np.array([_ends(groups[i]) for i in members])
    axes.errorbar(
        sizes[members],
        means,
        np.abs(ends.T - means),
        color=PALETTE[colour],
        linestyle=dashes,
        marker=marker,
        markersize=5.5,
        capsize=3.0,
        elinewidth=1.2,
        label=drawable(line.name, LONGEST_NAME + 16),
    )
    for i in members:
        runs = groups[i].scores.runs
        if len(runs) > 1:
            axes.scatter(
                np.full(len(runs), sizes[i]) * 1.06,
                runs,
                9,
                "none",
                edgecolors=PALETTE[colour],
                linewidths=0.8,
            )


def _draw_baselines(axes: Axes, baselines: Sequence[Baseline]) -> None:
    for baseline in baselines:
        axes.axvline(
            baseline.value, color=PALETTE["muted"], linewidth=1.0, linestyle=":"
        )
        axes.annotate(
            drawable(baseline.name, LONGEST_NAME),
            (baseline.value, 1.0),
            xycoords=("data", "axes fraction"),
            color=PALETTE["muted"],
            fontsize=8,
            ha="center",
            va="bottom",
        )


def _ends(group: Group) -> tuple[float, float]:
    """Return the interval to draw: none where nothing is known."""
    low, high = group.interval
    finite = np.isfinite(high - low)
    return (low, high) if finite else (group.scores.mean, group.scores.mean)


def _range(
    axes: Axes,
    which: str,
    groups: Sequence[Group],
    baselines: Sequence[Baseline] = (),
) -> None:
    """Show the range of the intervals, a tenth more on either side."""
    shown = [end for group in groups for end in _ends(group)]
    shown += [baseline.value for baseline in baselines]
    low, high = min(shown), max(shown)
    margin = max(0.1 * (high - low), 0.002 * max(abs(low), abs(high), 1e-9))
    if groups[0].metric.unit == "%":
        margin = max(margin, 0.002)
        percent_axis(axes, which)
    limits = axes.set_xlim if which == "x" else axes.set_ylim
    limits(low - margin, high + margin)


def _ticks(sizes: Sequence[float]) -> list[float]:
    """Return the sizes to name along a logarithmic axis, not two close together."""
    ticks: list[float] = []
    for size in sizes:
        if not ticks or size / ticks[-1] > 1.3:
            ticks.append(size)
    return ticks

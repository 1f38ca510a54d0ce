"""Charts of a classifier's answers, as Matplotlib figures.

Every function returns a figure; `style.to_svg` and `style.to_png` draw it. Pyplot
is never used: it keeps figures alive and looks for a screen.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfapp.problems.classification.calibration import reliability_bins
from tfapp.report.style import HEAT, PALETTE, look, new_figure, percent_axis
from tfapp.report.wording import NO_BREAK, drawable, percent

MAX_COUNTED_CLASSES = 20
"""Above, the cells of a confusion matrix are too small for numbers."""

MAX_LABELLED_CLASSES = 40
"""Above, only every k-th class is named along a confusion matrix."""


def confusion_picture(
    confusion: Sequence[Sequence[int]], class_names: Sequence[str]
) -> Figure:
    """Draw a confusion matrix: right answers in blue, mistakes in orange.

    The opacity is the share of the row; for mistakes its square root, or the few
    that matter could not be seen.

    Args:
        confusion: counts, rows are true classes, columns predicted ones.
        class_names: names in the order of the rows; long ones are cut. Counts are
            written up to 20 classes; above 40 classes, every k-th is named.
    """
    counts = np.asarray(confusion)
    num_classes = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(2.0 + 0.34 * num_classes, 3.0, 8.0))
    names = [drawable(name, 16) for name in class_names]
    longest = max(len(name) for name in names)
    with look():
        figure = new_figure(side + 0.075 * longest + 0.4, side + 0.4)
        axes = figure.subplots()
        axes.imshow(_heat(counts, shares), interpolation="none")
        _name_classes(axes, names)
        if num_classes <= MAX_COUNTED_CLASSES:
            _write_counts(axes, counts, shares)
        axes.set(xlabel="Predicted class", ylabel="True class")
        axes.spines[:].set_visible(False)
        axes.grid(False)
    return figure


def reliability_picture(
    before: np.ndarray, after: np.ndarray, correct: np.ndarray, bins: int = 15
) -> Figure:
    """Draw accuracy against confidence, before and after temperature scaling.

    Args:
        before: float array (examples,), probability of each prediction as trained.
        after: float array (examples,), the same after temperature scaling.
        correct: bool array (examples,), whether it is right.
        bins: number of bins of equal width.

    Returns:
        figure with the histogram of the confidence (after) below the diagram; the
        legend gives the expected calibration error (ECE).
    """
    with look():
        figure = new_figure(4.7, 4.4)
        diagram, histogram = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        diagram.plot(
            [0, 1],
            [0, 1],
            color=PALETTE["muted"],
            linewidth=1.0,
            linestyle=":",
            label="Perfect",
        )
        _draw_reliability(diagram, before, correct, bins, "Before", "second", "--")
        _draw_reliability(diagram, after, correct, bins, "After", "accent", "-")
        diagram.set(ylabel="Accuracy", title="Accuracy by confidence")
        percent_axis(diagram, "y")
        percent_axis(diagram, "x")
        handles = diagram.get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower left", ncols=3, columnspacing=1.2)
        _draw_confidence(histogram, after, bins)
    return figure


def f1_picture(per_class: Mapping[str, Mapping[str, Any]], most: int = 30) -> Figure:
    """Draw the F1 score of each class as bars, the weakest first.

    Args:
        per_class: figures per class name, as `classification_metrics` returns;
            classes without examples are left out.
        most: number of bars at most; the weakest classes are shown.
    """
    scores = {name: row["f1"] for name, row in per_class.items() if row["support"]}
    shown = sorted(scores, key=lambda name: scores[name])[:most]
    title = "F1 score by class"
    if len(shown) < len(scores):
        title = f"Lowest {len(shown)} of {len(scores)} F1 scores"
    with look():
        figure = new_figure(4.2, 0.9 + 0.24 * len(shown))
        axes = figure.subplots()
        values = [scores[name] for name in shown]
        bars = axes.barh(
            range(len(shown)), values, height=0.64, color=PALETTE["accent"]
        )
        axes.bar_label(
            bars,
            [percent(v) for v in values],
            padding=4,
            fontsize=9,
            color=PALETTE["ink"],
        )
        axes.set_yticks(range(len(shown)), [drawable(name, 20) for name in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)  # the weakest on top
        axes.grid(axis="y", visible=False)
        percent_axis(axes, "x")
        axes.set_xlim(0.0, 1.14)  # room for the numbers
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.set(title=title, xlabel="F1 score")
    return figure


def _heat(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Colour by opacity, so that the page's background shows through."""
    right = np.eye(len(counts), dtype=bool)
    # The square root and the 0.1 keep a single mistake visible.
    strength = np.where(right, shares, shares**0.5)
    opacity = np.where(counts > 0, 0.1 + 0.9 * strength, 0.06)
    colour = np.where(right[..., None], to_rgb(HEAT["right"]), to_rgb(HEAT["wrong"]))
    colour = np.where(counts[..., None] > 0, colour, to_rgb(HEAT["none"]))
    return np.concatenate([colour, opacity[..., None]], axis=-1)


def _name_classes(axes: Axes, names: Sequence[str]) -> None:
    step = -(-len(names) // MAX_LABELLED_CLASSES)
    ticks = range(0, len(names), step)
    size = 9.0 if len(names) <= MAX_COUNTED_CLASSES else 7.5
    wide = sum(len(name) for name in names) > 24
    axes.set_xticks(ticks, names[::step], fontsize=size, rotation=90 if wide else 0)
    axes.set_yticks(ticks, names[::step], fontsize=size)


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    for (row, column), number in np.ndenumerate(counts):
        if number:
            strong = shares[row, column] > 0.6
            axes.text(
                column,
                row,
                f"{number:,}",
                ha="center",
                va="center",
                fontsize=9 if len(counts) <= 12 else 7.5,
                color="white" if strong else PALETTE["ink"],
            )


def _draw_reliability(
    axes: Axes,
    confidence: np.ndarray,
    correct: np.ndarray,
    bins: int,
    label: str,
    colour: str,
    dashes: str,
) -> None:
    grouped = reliability_bins(confidence, correct, bins)
    full = grouped.counts > 0
    distance = np.abs(grouped.accuracy - grouped.confidence)[full]
    error = (grouped.counts[full] * distance).sum() / grouped.counts.sum()
    line: dict[str, Any] = {
        "color": PALETTE[colour],
        "linestyle": dashes,
        "linewidth": 1.4,
    }
    name = f"{label} (ECE {percent(error)})"
    axes.plot(grouped.confidence[full], grouped.accuracy[full], label=name, **line)
    shares = grouped.counts[full] / grouped.counts.sum()
    # The area shows how much a point means: most bins hold few examples.
    areas = 8 + 120 * shares**0.5
    axes.scatter(
        grouped.confidence[full],
        grouped.accuracy[full],
        areas,
        PALETTE[colour],
        zorder=3,
    )


def _draw_confidence(axes: Axes, confidence: np.ndarray, bins: int) -> None:
    weights = np.full(len(confidence), 1 / len(confidence))
    axes.hist(
        confidence,
        np.linspace(0, 1, bins + 1).tolist(),
        weights=weights,
        color=PALETTE["accent"],
        rwidth=0.9,
    )
    axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.3g}{NO_BREAK}%")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.set(xlabel="Confidence (probability of the prediction)", ylabel="Examples")

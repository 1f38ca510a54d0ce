"""Sections of a report on numbers: answers against the truth, and their errors."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfapp.problems.regression.metrics import LEVEL, NumberAnswers
from tfapp.report.blocks import Columns, Picture, Section
from tfapp.report.style import PALETTE, look, new_figure, to_svg
from tfapp.report.wording import drawable
from tfapp.tasks.results import Results

MOST_PANELS = 6
MOST_POINTS = 2000
"""Dots of a panel; of more examples, evenly spread ones are drawn."""


def number_sections(results: Results) -> tuple[Section, ...]:
    """Return the sections that every task with numbers has.

    Args:
        results: as `evaluate_regressor` returns.
    """
    answers: NumberAnswers = results.evidence
    lead = "On the dotted line, the answer is the truth."
    if answers.half_widths is not None:
        lead += (
            f" The band is the {LEVEL:.0%} interval of an answer, as wide as errors "
            "on the validation split demand (split-conformal prediction)."
        )
    picture = Picture(
        to_svg(answers_picture(answers)),
        "Answers over the true numbers of the test split; see the table for figures.",
    )
    return (Section("Answers", lead, (Columns((picture, results.tables[0])),)),)


def answers_picture(answers: NumberAnswers) -> Figure:
    """Draw the answers over the truth, a panel for each of the first numbers."""
    shown = min(len(answers.names), MOST_PANELS)
    columns = min(shown, 3)
    rows = -(-shown // columns)
    with look():
        figure = new_figure(max(4.2, 2.8 * columns), 3.4 * rows)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for number, axes in enumerate(panels):
            if number < shown:
                _draw(axes, answers, number)
            else:
                axes.set_axis_off()
    return figure


def _draw(axes: Axes, answers: NumberAnswers, number: int) -> None:
    truth, values = answers.truth[:, number], answers.values[:, number]
    places = np.linspace(0, len(truth) - 1, min(len(truth), MOST_POINTS)).astype(int)
    ends = np.array(
        [min(truth.min(), values.min()), max(truth.max(), values.max())], float
    )
    if answers.half_widths is not None:
        reach = answers.half_widths[number]
        axes.fill_between(
            ends, ends - reach, ends + reach, color=PALETTE["grid"], linewidth=0
        )
    axes.plot(ends, ends, color=PALETTE["muted"], linestyle=(0, (1, 1.5)))
    axes.plot(
        truth[places],
        values[places],
        color=PALETTE["accent"],
        linestyle="none",
        marker="o",
        markersize=3,
        alpha=0.6,
    )
    axes.set(xlabel="Truth", ylabel="Answer")
    axes.set_title(drawable(answers.names[number], 28))

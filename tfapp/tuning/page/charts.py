"""Pictures of a search: scores over time, settings side by side, what mattered."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from tfapp.recipes.tuning import Dimension
from tfapp.report.blocks import Picture
from tfapp.report.style import PALETTE, look, new_figure, to_svg
from tfapp.report.wording import drawable
from tfapp.tuning.page.importance import Importance, position
from tfapp.tuning.page.wording import setting
from tfapp.tuning.records import FAILED, History, TrialRecord

LINES = 200
"""Trials that parallel coordinates draw, the best ones; more are a grey field."""
BEST_LINES = 5
WIDTH = 7.4
"""Inches."""


def score_picture(history: History) -> Picture:
    """Return the score of each trial in the order in which they ended."""
    with look():
        figure = new_figure(WIDTH, 2.9)
        axes = figure.add_subplot()
        ended = [history.trials[number] for number in history.ended]
        scored = [(i, t) for i, t in enumerate(ended, start=1) if t.value is not None]
        places, values = [i for i, _ in scored], [t.value or 0.0 for _, t in scored]
        axes.plot(places, values, "o", color=PALETTE["muted"], label="trial")
        _best_so_far(axes, scored)
        failed = [i for i, t in enumerate(ended, start=1) if t.status == FAILED]
        if failed and values:
            axes.plot(
                failed,
                [min(values)] * len(failed),
                "x",
                color=PALETTE["second"],
                label="failed",
            )
        axes.set_xlabel("trials, in the order of their ends")
        axes.set_ylabel(scored[0][1].monitor if scored else "")
        figure.legend(loc="outside lower left", ncols=3)
        svg = to_svg(figure)
    return Picture(
        svg,
        "Scores of all trials in the order of their ends, and the best so far.",
        "One point per trial; the line is the best so far.",
    )


def _best_so_far(axes: Axes, scored: Sequence[tuple[int, TrialRecord]]) -> None:
    best, line = None, []
    for _, trial in scored:
        if best is None or (trial.score or 0.0) < (best.score or 0.0):
            best = trial
        line.append(best.value or 0.0)
    axes.step(
        [i for i, _ in scored],
        line,
        where="post",
        color=PALETTE["accent"],
        label="best so far",
    )


def parallel_picture(history: History, dimensions: Mapping[str, Dimension]) -> Picture:
    """Return one line per trial through all its settings to its place in the order."""
    ranking = history.ranking[:LINES]
    keys = list(dimensions)
    with look():
        figure = new_figure(WIDTH, 3.4)
        axes = figure.add_subplot()
        for place, trial in reversed(list(enumerate(ranking))):
            xs, ys = _line(trial, keys, dimensions)
            ys.append(1.0 - place / max(len(ranking) - 1, 1))
            xs.append(len(keys))
            best = place < BEST_LINES
            axes.plot(
                xs,
                ys,
                color=PALETTE["accent" if best else "muted"],
                alpha=1.0 if best else 0.25,
                linewidth=1.8 if best else 0.8,
                linestyle="-" if best else "--",
            )
        _label(axes, keys, dimensions)
        svg = to_svg(figure)
    return Picture(
        svg,
        "Each trial as a line through its settings; the best ones are strong.",
        f"From left to right the settings, least to largest; at the right the best "
        f"trial is on top. Strong lines: the best {min(BEST_LINES, len(ranking))}.",
    )


def _line(
    trial: TrialRecord, keys: Sequence[str], dimensions: Mapping[str, Dimension]
) -> tuple[list[float], list[float]]:
    places = [(x, position(trial, k, dimensions[k])) for x, k in enumerate(keys)]
    shown = [(float(x), y) for x, y in places if y >= 0.0]
    return [x for x, _ in shown], [y for _, y in shown]


def _label(
    axes: Axes, keys: Sequence[str], dimensions: Mapping[str, Dimension]
) -> None:
    """Name the axes of parallel coordinates, with the ends of each."""
    names = [drawable(key.rpartition(".")[2].replace("_", " "), 16) for key in keys]
    ends = []
    for key in keys:
        dimension = dimensions[key]
        values = dimension.choices or (dimension.min, dimension.max)
        ends.append([drawable(setting(values[i]), 12) for i in (0, -1)])
    labels = [f"{low}\n{name}" for (low, _), name in zip(ends, names, strict=True)]
    axes.set_xticks(range(len(keys) + 1), [*labels, "worst\ntrial"])
    for x, (_, high) in enumerate(ends):
        axes.text(x, 1.04, high, ha="center", color=PALETTE["muted"], fontsize=9)
    axes.text(len(keys), 1.04, "best", ha="center", color=PALETTE["muted"], fontsize=9)
    axes.set_yticks([])
    axes.set_ylim(-0.03, 1.13)
    for spine in axes.spines.values():
        spine.set_visible(False)


def importance_picture(importances: Sequence[Importance]) -> Picture:
    """Return the importance of each setting with its interval, the largest on top."""
    rows = list(reversed(importances))
    with look():
        figure = new_figure(WIDTH, 0.9 + 0.32 * len(rows))
        axes = figure.add_subplot()
        for y, row in enumerate(rows):
            axes.plot([row.low, row.high], [y, y], color=PALETTE["muted"])
            axes.plot([row.share], [y], "o", color=PALETTE["accent"])
        axes.axvline(0.0, color=PALETTE["ink"], linewidth=0.8)
        axes.set_yticks(range(len(rows)), [drawable(row.key, 40) for row in rows])
        axes.set_xlabel("share of the order of trials that the setting explains")
        svg = to_svg(figure)
    return Picture(
        svg,
        "Importance of each setting with its 95 % interval.",
        "Point: mean over forests; line: 95 % interval. A line that crosses zero: the "
        "setting may not matter at all.",
    )

"""Figures of a comparison as people write them, on the page and in the terminal."""

from math import isnan

from tfapp.comparison.compared import Comparison, Pair
from tfapp.comparison.compared_task import ComparedTask, Quantity
from tfapp.comparison.groups import Figure, Group
from tfapp.report.wording import NO_BREAK, count, percent, points, quoted

MINUS = "\u2212"


def figure(group: Group, quantity: Quantity) -> str:
    """Write a figure of a group with its spread, "n/a" if it is not known."""
    found, runs = group.figure(quantity.key), len(group.records)
    if isnan(found.mean):
        return "n/a"
    return share(found, runs) if quantity.percent else number(found, runs)


def share(figure: Figure, runs: int) -> str:
    """Write a share as "98.93 ± 0.08 %", a single run as "98.93 %"."""
    spread = f" ± {figure.spread * 100:.2f}" if runs > 1 else ""
    return f"{figure.mean * 100:.2f}{spread}{NO_BREAK}%"


def number(figure: Figure, runs: int) -> str:
    """Write a figure as "0.0412 ± 0.0011", a single run as "0.0412"."""
    spread = f" ± {figure.spread:.4f}" if runs > 1 else ""
    return f"{figure.mean:.4f}{spread}"


def interval(low: float, high: float) -> str:
    """Write an interval of shares with two decimal places."""
    return f"{low * 100:.2f}–{high * 100:.2f}{NO_BREAK}%"


def difference(pair: Pair) -> str:
    """Write a difference in percentage points, with its sign."""
    return f"{_signed(pair.found.difference)}{NO_BREAK}points"


def difference_interval(pair: Pair) -> str:
    """Write the interval of a difference, in percentage points."""
    return f"{_signed(pair.found.low)} to {_signed(pair.found.high)}"


def verdict(pair: Pair) -> str:
    """Say whether a difference is real."""
    said = "real" if pair.real else "could be chance"
    return said if pair.found.paired else f"{said} (unpaired)"


def probability(value: float) -> str:
    """Write a corrected p-value; those below the resolution of the draws as such."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def parameters(group: Group) -> str:
    """Write the number of parameters, "n/a" if no run keeps a model."""
    return "n/a" if group.parameters is None else f"{group.parameters:,}"


def size_title(task: ComparedTask) -> str:
    """Name what a learning curve counts."""
    return f"Training {task.examples}{' per class' if task.per_class else ''}"


def size(group: Group) -> str:
    """Write what a learning curve counts."""
    return f"{group.size:,.4g}"


def conclusion(comparison: Comparison) -> str:
    """Say in a sentence or two which group is best, and whether that is certain."""
    best = comparison.groups[comparison.best]
    if len(comparison.groups) == 1:
        runs = count(len(best.records), "runs")
        return (
            f"{quoted(best.name)} is alone: {runs} of one recipe, nothing to compare."
        )
    rivals = [
        (pair, i)
        for i in range(len(comparison.groups))
        if (pair := comparison.to_best(i)) is not None
    ]
    open_ = [(pair, i) for pair, i in rivals if not pair.real]
    task = comparison.task
    main = f"{task.superlative} {task.score.short}"
    said = f"{quoted(best.name)} has the {main}, {percent(best.scores.mean)}"
    if not open_:
        nearest, place = min(rivals, key=lambda rival: abs(rival[0].found.difference))
        gap = points(nearest.found.difference)
        if len(rivals) == 1:
            other = quoted(comparison.groups[place].name)
            return f"{said}, and its lead of {gap} over {other} is real."
        return f"{said}, and its lead of at least {gap} over every other is real."
    if len(open_) == len(rivals) == 1:
        return (
            f"{said}, but its lead of {points(open_[0][0].found.difference)} over "
            f"{quoted(comparison.groups[open_[0][1]].name)} could be chance."
        )
    which = "; ".join(quoted(comparison.groups[i].name) for _, i in open_[:3])
    more = "; …" if len(open_) > 3 else ""
    return (
        f"{said}, but {len(open_)} of the {len(rivals)} others may be as good: "
        f"{which}{more}."
    )


def _signed(value: float) -> str:
    text = f"{abs(value) * 100:.2f}"
    if float(text) == 0.0:
        return text
    return f"{MINUS if value < 0 else '+'}{text}"

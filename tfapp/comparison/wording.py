"""Figures of a comparison as people write them, on the page and in the terminal."""

from math import isinf, isnan

from tfapp.comparison.compared import Comparison
from tfapp.comparison.groups import Figure, Group
from tfapp.comparison.statistics import Pair
from tfapp.report.wording import MINUS, NO_BREAK, amount, count, gap, quoted
from tfapp.tasks.results import Quantity


def figure(group: Group, quantity: Quantity) -> str:
    """Write a figure of a group with its spread, "n/a" if it is not known."""
    value, runs = group.figure(quantity.key), len(group.records)
    if isnan(value.mean):
        return "n/a"
    return share(value, runs) if quantity.unit == "%" else number(value, runs)


def share(figure: Figure, runs: int) -> str:
    """Write a share as "98.93 ± 0.08 %", a single run as "98.93 %"."""
    spread = f" ± {figure.spread * 100:.2f}" if runs > 1 else ""
    return f"{figure.mean * 100:.2f}{spread}{NO_BREAK}%"


def number(figure: Figure, runs: int) -> str:
    """Write a figure as "0.0412 ± 0.0011", a single run as "0.0412"."""
    spread = f" ± {_plain(figure.spread, figure.mean)}" if runs > 1 else ""
    return f"{_plain(figure.mean)}{spread}"


def interval(low: float, high: float, unit: str) -> str:
    """Write an interval: shares with two decimal places, in percent."""
    if unit == "%":
        return f"{low * 100:.2f}–{high * 100:.2f}{NO_BREAK}%"
    if isinf(low) or isinf(high):
        return "unknown"
    return f"{_plain(low)}–{_plain(high)}"


def difference(pair: Pair, unit: str) -> str:
    """Write a difference with its sign, of shares in percentage points."""
    points = f"{NO_BREAK}points" if unit == "%" else ""
    return f"{_signed(pair.estimate.difference, unit)}{points}"


def difference_interval(pair: Pair, unit: str) -> str:
    """Write the interval of a difference, of shares in percentage points."""
    if isinf(pair.estimate.low):
        return "unknown"
    return f"{_signed(pair.estimate.low, unit)} to {_signed(pair.estimate.high, unit)}"


def verdict(pair: Pair) -> str:
    """Return "real" or "could be chance" for a difference."""
    certainty = "real" if pair.real else "could be chance"
    return certainty if pair.estimate.paired else f"{certainty} (unpaired)"


def probability(value: float) -> str:
    """Write a corrected p-value; those below the resolution of the draws as such."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def parameters(group: Group) -> str:
    """Write the number of parameters, "n/a" if no run keeps a model."""
    return "n/a" if group.parameters is None else f"{group.parameters:,}"


def size_title(group: Group) -> str:
    """Name what a learning curve counts."""
    return f"Training {group.metric.examples}{' per class' if _by_class(group) else ''}"


def counted(group: Group) -> str:
    """Name what a learning curve counts, for a narrow column."""
    return "per class" if _by_class(group) else group.metric.examples


def size(group: Group) -> str:
    """Write what a learning curve counts."""
    return f"{group.size:,.4g}"


def conclusion(comparison: Comparison) -> str:
    """Return in a sentence or two which group is best, and whether that is certain."""
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
    metric = comparison.metric
    main = f"{metric.superlative} {metric.short}"
    value = amount(best.scores.mean, metric.unit)
    leader = f"{quoted(best.name)} has the {main}, {value}"
    if not open_:
        nearest, place = min(
            rivals, key=lambda rival: abs(rival[0].estimate.difference)
        )
        lead = gap(nearest.estimate.difference, metric.unit)
        if len(rivals) == 1:
            other = quoted(comparison.groups[place].name)
            return f"{leader}, and its lead of {lead} over {other} is real."
        return f"{leader}, and its lead of at least {lead} over every other is real."
    if len(open_) == len(rivals) == 1:
        (pair, place), *_ = open_
        lead = gap(pair.estimate.difference, metric.unit)
        other = quoted(comparison.groups[place].name)
        return f"{leader}, but its lead of {lead} over {other} could be chance."
    which = "; ".join(quoted(comparison.groups[i].name) for _, i in open_[:3])
    more = "; …" if len(open_) > 3 else ""
    return (
        f"{leader}, but {len(open_)} of the {len(rivals)} others may be as good: "
        f"{which}{more}."
    )


def _by_class(group: Group) -> bool:
    return group.records[0].strata > 1


def _plain(value: float, like: float | None = None) -> str:
    """Write a number with as many decimals as its size, or another's, needs."""
    size = abs(value if like is None else like)
    return f"{value:,.{4 if size < 10 else 2 if size < 1000 else 0}f}"


def _signed(value: float, unit: str) -> str:
    text = f"{abs(value) * 100:.2f}" if unit == "%" else _plain(abs(value))
    if float(text.replace(",", "")) == 0.0:
        return text
    return f"{MINUS if value < 0 else '+'}{text}"

"""Prints a comparison of runs on stdout."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tfapp.cli import show

if TYPE_CHECKING:
    from tfapp.comparison.compared import Comparison

NARROW = 90
"""Columns of a terminal below which the last column of the table is left out."""


def comparison(outcome: "Comparison", out: Path, as_json_: bool) -> None:
    """Print one row per group, what is best, and where the page is."""
    from tfapp.comparison import wording
    from tfapp.comparison.missed import missed_title
    from tfapp.report.baselines import baseline_facts

    if as_json_:
        show.as_json(outcome.to_json())
        return
    table = Table(show_lines=True)
    table.add_column("group\nruns", overflow="fold", min_width=16)
    headers = _headers(outcome)[: None if _wide() else -1]
    for header in headers:
        table.add_column(header, no_wrap=True)
    for index in range(len(outcome.groups)):
        cells = _row(outcome, index)[: 1 + len(headers)]
        table.add_row(*map(Text, cells))
    show.print_table(table)
    show.line(wording.conclusion(outcome))
    metric = outcome.metric
    for fact in baseline_facts(metric, outcome.baselines):
        text = f"{fact.label.lower()}: {fact.value} {fact.detail}"
        show.line(text.replace(show.NO_BREAK, " "))
    if outcome.missed and len(outcome.records) > 1:
        of_all = f"{len(outcome.missed)} of {outcome.common} test {metric.examples}"
        show.line(f"{missed_title(metric).lower()}: {of_all}")
    for note in outcome.notes:
        show.line(f"note: {note}")
    show.line(f"page  {out / 'comparison.html'}")
    show.line(f"data  {out / 'comparison.csv'}, {out / 'comparison.json'}")


def _wide() -> bool:
    """Say whether there is room for the last column, which the page has too."""
    console = Console()
    return not console.is_terminal or console.width >= NARROW


def _headers(comparison: "Comparison") -> tuple[str, ...]:
    """Name what stands in each line of a cell."""
    return (
        f"{comparison.metric.short_heading}\n95 % interval",
        "to the best\n95 % interval\nverdict",
        "trained on\nparameters\ntime",
        "\n".join(quantity.short_heading for quantity in comparison.metric.others),
    )


def _row(comparison: "Comparison", index: int) -> tuple[str, ...]:
    """Return the cells of a group, their lines as `_headers` names them."""
    from tfapp.comparison import wording
    from tfapp.report.wording import count, duration

    group, pair = comparison.groups[index], comparison.to_best(index)
    metric = comparison.metric
    runs = len(group.records)
    gap = "best"
    if pair is not None:
        gap = f"{wording.difference(pair, metric.unit)}\n"
        gap += (
            f"{wording.difference_interval(pair, metric.unit)}\n{wording.verdict(pair)}"
        )
    return (
        f"{group.name}\n{count(runs, 'runs')}",
        f"{wording.figure(group, metric)}\n"
        f"{wording.interval(*group.interval, metric.unit)}",
        gap,
        f"{group.trained_on:,}\n{wording.parameters(group)}\n"
        f"{duration(group.figure('seconds').mean)}",
        "\n".join(wording.figure(group, quantity) for quantity in metric.others),
    )

"""Test examples that every run had trouble with."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from tfapp.comparison.record import Row, RunRecord
from tfapp.report.blocks import Block, Gallery, Section, Table, Tile
from tfapp.report.wording import amount, count, shorten
from tfapp.tasks.results import PrimaryMetric

MOST = {"binary": 24, "graded": 12, "pooled": 12}
"""Examples that a page shows."""
LONGEST_TEXT = 24

Preview = Callable[[Path, str], Tile | None]
"""File of an example and a caption → what shows it small, None without a file."""


@dataclass(frozen=True)
class MissedExample:
    """A test example that every run had trouble with.

    Args:
        name: as the first run named it.
        scores: what it scored in each run.
        columns: further columns: of texts the most frequent of all runs, of numbers
            the mean.
    """

    name: str
    scores: tuple[float, ...]
    columns: dict[str, str | float]

    @property
    def texts(self) -> list[str]:
        """The columns that are texts."""
        return [value for value in self.columns.values() if isinstance(value, str)]

    def to_json(self) -> dict[str, Any]:
        """Return the example as a JSON-ready table."""
        return {"name": self.name, "score": fmean(self.scores), **self.columns}


def missed_title(metric: PrimaryMetric) -> str:
    """Name the section of examples that every run had trouble with."""
    return f"{'Wrong' if metric.scores == 'binary' else 'Hard'} in every run"


def missed_examples(
    records: Sequence[RunRecord], keys: Sequence[str]
) -> tuple[MissedExample, ...]:
    """Return the examples that all runs had trouble with, the worst first.

    Trouble is a wrong answer, or of graded scores one that is worse than that of the
    run's median example, so a run that is worse everywhere has no more of them.

    Args:
        records: runs with one primary metric.
        keys: of examples that every run was tested on.
    """
    metric = records[0].metric
    limits = [_limit(record, keys) for record in records]
    missed = []
    for key in keys:
        rows = [record.rows[key] for record in records]
        pairs = zip(rows, limits, strict=True)
        if all(metric.sign * (row.score - limit) < 0 for row, limit in pairs):
            scores = tuple(row.score for row in rows)
            missed.append(MissedExample(rows[0].name, scores, _columns(rows)))
    return tuple(sorted(missed, key=lambda row: _goodness(row, metric)))


def missed_section(
    missed: Sequence[MissedExample],
    metric: PrimaryMetric,
    common: int,
    preview: Preview | None,
) -> Section:
    """Show examples that every run had trouble with.

    Args:
        missed: at least one, as `missed_examples` returns.
        metric: of the runs.
        common: number of examples that every run was tested on.
        preview: shows an example whose file is here; None if nothing can.
    """
    shown = missed[: MOST[metric.scores]]
    number = count(len(missed), metric.examples)
    binary = metric.scores == "binary"
    tiles = _tiles(shown, metric, preview)
    blocks: list[Block] = [Gallery("", tiles)] if tiles else []
    if binary:
        lead = (
            f"{number} of {common:,} that every run got wrong, the surest mistakes "
            "first. Look for wrong labels here."
        )
        blocks = blocks or [_texts_table(shown, metric)]
    else:
        lead = (
            f"Worse than the run's median in every run: {number} of {common:,}, the "
            "hardest first. Look for mistakes in the data here."
        )
        blocks.insert(0, _scores_table(shown, metric))
    return Section(missed_title(metric), lead, tuple(blocks))


def _limit(record: RunRecord, keys: Sequence[str]) -> float:
    """Return the score below which an example was trouble for a run."""
    if record.metric.scores == "binary":
        return 1.0 if record.metric.better == "higher" else 0.0
    return median([record.rows[key].score for key in keys] or [0.0])


def _columns(rows: Sequence[Row]) -> dict[str, str | float]:
    """Return the columns of an example, those with a colon in their name left out."""
    names = [name for name in rows[0].columns if ":" not in name]
    columns: dict[str, str | float] = {}
    for name in names:
        texts = [row.columns.get(name, "") for row in rows]
        try:
            columns[name] = fmean(map(float, texts))
        except ValueError:
            columns[name] = Counter(texts).most_common(1)[0][0]
    return columns


def _goodness(row: MissedExample, metric: PrimaryMetric) -> float:
    if metric.scores == "binary" and isinstance(loss := row.columns.get("loss"), float):
        return -loss
    return metric.sign * fmean(row.scores)


def _tiles(
    shown: Sequence[MissedExample], metric: PrimaryMetric, preview: Preview | None
) -> tuple[Tile, ...]:
    if preview is None:
        return ()
    tiles = [preview(Path(row.name), _caption(row, metric)) for row in shown]
    return tuple(tile for tile in tiles if tile is not None)


def _caption(row: MissedExample, metric: PrimaryMetric) -> str:
    if metric.scores == "binary":
        return " → ".join(shorten(text, LONGEST_TEXT) for text in row.texts)
    return f"{metric.title} {amount(fmean(row.scores), metric.unit)}"


def _texts_table(shown: Sequence[MissedExample], metric: PrimaryMetric) -> Table:
    first = shown[0].columns
    titles = [name.capitalize() for name in first if isinstance(first[name], str)]
    rows = tuple((row.name, *row.texts) for row in shown)
    header = ("Example", *titles)
    return Table(header, rows, missed_title(metric), len(header))


def _scores_table(shown: Sequence[MissedExample], metric: PrimaryMetric) -> Table:
    others = [q for q in metric.others if q.key in shown[0].columns]
    header = ("Example", metric.heading, "Best run", "Worst run")
    rows = []
    for row in shown:
        ends = sorted(row.scores, key=lambda score: -metric.sign * score)
        figures = [fmean(row.scores), ends[0], ends[-1]]
        further = [amount(_number(row.columns[q.key]), q.unit) for q in others]
        texts = (amount(value, metric.unit) for value in figures)
        rows.append((Path(row.name).name, *texts, *further))
    return Table(
        (*header, *(q.heading for q in others)), tuple(rows), "Means of all runs"
    )


def _number(value: str | float) -> float | None:
    return None if isinstance(value, str) else value

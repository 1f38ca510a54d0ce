"""What is wrong with a table of series, and what `fit` has to know of it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem, problem_lines
from tfapp.data.place import expand_path
from tfapp.domains.series.reading.spec import ReadOptions, SeriesTable
from tfapp.domains.series.reading.table import read_series
from tfapp.domains.series.splitting import (
    cut_by_shares,
    default_window,
    require_values,
)


@dataclass(frozen=True)
class SeriesReport:
    """The state of a file of series.

    Args:
        name: of the file.
        series: number of items.
        targets: names of what is forecast for each of them.
        steps: of the longest and of the shortest item.
        frequency: of the steps, in words.
        season: steps after which the usual pattern repeats.
        window: steps that a forecast looks back by default.
        training_windows: that the default split leaves to train on.
        first: first time, as text.
        last: last time.
        missing: share of values that the file does not have, in [0, 1].
        problems: every finding.
    """

    name: str
    series: int
    targets: tuple[str, ...]
    steps: tuple[int, int]
    frequency: str
    season: int
    window: int
    training_windows: int
    first: str
    last: str
    missing: float
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> int:
        """Number of windows to train on."""
        return self.training_windows

    @property
    def bad_share(self) -> float:
        """Share of unusable files: a file that cannot be used is refused at once."""
        return 0.0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary of everything."""
        return {**asdict(self), "bad_share": self.bad_share}

    def lines(self) -> list[str]:
        """Return the report for the terminal, a few examples of each finding."""
        longest, shortest = self.steps
        steps = f"{longest}" if longest == shortest else f"{shortest} to {longest}"
        lines = [
            f"{self.name}: {self.series} series of {', '.join(self.targets)}, {steps} "
            f"steps of {self.frequency}",
            f"  from {self.first} to {self.last}, {self.missing:.2%} missing",
        ]
        return lines + problem_lines(self.problems)


def check_series(context: LoadContext) -> SeriesReport:
    """Read a file as training would, with default options.

    Raises:
        DataError: if it cannot be read, or nothing in it changes.
    """
    table = read_series(Path(expand_path(context.config.path)), ReadOptions())
    require_values(table)
    return report(table, context.config.split.validation, context.config.split.test)


def report(table: SeriesTable, validation: float, test: float) -> SeriesReport:
    """Return the report of a table that is split by these shares."""
    cuts = cut_by_shares(table, validation, test)
    season = table.frequency.season
    window = default_window(table, cuts, season)
    parts = [cuts.steps(item, "train") for item in table.items]
    windows = [max(0, p.stop - p.start - window - season + 1) for p in parts]
    lengths = [int(np.count_nonzero(i.observed.any(axis=1))) for i in table.items]
    values = sum(item.observed.size for item in table.items)
    observed = sum(int(item.observed.sum()) for item in table.items)
    return SeriesReport(
        table.name,
        len(table.items),
        table.targets,
        (max(lengths), min(lengths)),
        str(table.frequency),
        season,
        window,
        sum(windows),
        _text(min(item.times[0] for item in table.items)),
        _text(max(item.times[-1] for item in table.items)),
        1 - observed / max(1, values),
        table.problems,
    )


def _text(time: np.datetime64) -> str:
    return str(time).replace("T", " ").removesuffix(" 00:00:00")

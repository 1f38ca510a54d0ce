"""What an evaluation gives: figures, a score per example, and the words for them."""

from collections.abc import Mapping, Sized
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any, Literal

from tfapp.base.errors import DataError
from tfapp.report.blocks import Fact, Table

Bounds = tuple[float, float]
"""The least and the largest value that a figure can have."""

Calibration = Mapping[str, Any]
"""What is fitted on validation data and applied behind the network, by name: JSON-ready
numbers and lists."""


@dataclass(frozen=True)
class Quantity:
    """A figure of metrics.json, and how it is written.

    Args:
        key: in metrics.json; `KEY_interval` next to it is its 95 % interval over the
            examples, if it has one.
        title: above a column.
        short: in a sentence, and above the narrow columns of a terminal.
        unit: "%" for a share, which is written in percent and whose differences are
            points; "nats", "s" and the like; "" for plain numbers.
        bounds: least and largest value.
    """

    key: str
    title: str
    short: str
    unit: str = ""
    bounds: Bounds = (-inf, inf)

    @property
    def heading(self) -> str:
        """The title, with the unit where numbers are written without it."""
        return self.title + self._unit

    @property
    def short_heading(self) -> str:
        """The short name, with the unit where numbers are written without it."""
        return self.short + self._unit

    @property
    def _unit(self) -> str:
        return f" ({self.unit})" if self.unit not in ("", "%") else ""


@dataclass(frozen=True)
class PrimaryMetric(Quantity):
    """The main figure of a task: what compare, tune, headline and report read.

    Runs can be compared if their primary metrics are equal.

    Args:
        better: which of two values is better.
        scores: what one example contributes. "binary": 0 or 1, and the figure is
            their mean; "graded": any number, and the figure is their mean; "pooled":
            any number with a weight (column "weight" of the scores), and the figure is
            the weighted mean, as an error rate over all words of all sentences is.
        others: figures that a comparison shows next to it.
        examples: what the examples are called, in the plural, ending in s.
        labels: what the labels of the outputs are called, in the plural.
    """

    better: Literal["higher", "lower"] = "higher"
    scores: Literal["binary", "graded", "pooled"] = "graded"
    others: tuple[Quantity, ...] = ()
    examples: str = "examples"
    labels: str = "classes"

    @property
    def sign(self) -> int:
        """1 if a larger value is better, else -1."""
        return 1 if self.better == "higher" else -1

    @property
    def superlative(self) -> str:
        """What the best value is."""
        return "highest" if self.better == "higher" else "lowest"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready table; an infinite bound is None."""
        table = asdict(self)
        for row in (table, *table["others"]):
            row["bounds"] = [None if abs(b) == inf else b for b in row["bounds"]]
        return table


def read_metric(table: Mapping[str, Any]) -> PrimaryMetric:
    """Return the metric that `PrimaryMetric.to_json` described.

    Raises:
        LookupError, TypeError, ValueError or AttributeError: if the table is damaged.
    """
    others = tuple(Quantity(**_bounded(row)) for row in table["others"])
    return PrimaryMetric(**_bounded(table) | {"others": others})


def _bounded(row: Mapping[str, Any]) -> dict[str, Any]:
    low, high = row["bounds"]
    bounds = (-inf if low is None else low, inf if high is None else high)
    return {**row, "bounds": bounds}


@dataclass(frozen=True)
class Baseline:
    """A simple method on the same test split, for the network to beat.

    Args:
        name: of the method, for example "seasonal naive".
        value: its primary metric.
        interval: 95 % interval of the value, None if it is not known.
        margin: 95 % interval of the network's primary metric minus this one, over the
            same examples; None if it is not known.
        others: further figures by the keys of the metric's `others`.
    """

    name: str
    value: float
    interval: Bounds | None = None
    margin: Bounds | None = None
    others: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Results:
    """How good a trained model is on the test split.

    Args:
        metric: the task's primary metric; `figures` has its value.
        figures: JSON-ready, as metrics.json holds them.
        calibration: fitted on the validation split, or as it was given.
        scores: a row per test example: "key" (see `tasks.scores.example_keys`),
            "name", "score", then further columns. "weight" belongs to pooled scores,
            "loss" orders mistakes; a colon in a column's name keeps it off pages.
        headline: the figures that matter most; the first is set large.
        tables: of the terminal, and of the report where its sections take them.
        baselines: simple methods on the same split.
        notes: lines to show the user.
        evidence: what the task's sections and findings are made from.
    """

    metric: PrimaryMetric
    figures: dict[str, Any]
    calibration: Calibration
    scores: Table
    headline: tuple[Fact, ...]
    tables: tuple[Table, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return the content of metrics.json but for what is known of the run."""
        return self.figures | {
            "metric": self.metric.to_json(),
            "calibration": dict(self.calibration),
            "baselines": [asdict(baseline) for baseline in self.baselines],
        }


def require_tested(
    examples: Sized, one: str, more: str, figure: str = "figure"
) -> None:
    """Refuse an evaluation on nothing.

    Args:
        examples: of the test split.
        one: what an example is called.
        more: what the user can add.
        figure: that cannot be given.

    Raises:
        DataError: if there is no example.
    """
    if not examples:
        raise DataError(
            f"No {one} is left for the test split, so no honest {figure} can be given. "
            f"Add {more}, or raise `data.split.test`."
        )

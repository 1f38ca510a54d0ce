"""What a finished run left behind, read without TensorFlow."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite, nan
from pathlib import Path
from typing import Any, NamedTuple

from tfapp.base.csv_cells import plain_cell
from tfapp.base.errors import ConfigError, DamageError
from tfapp.base.storage.checksums import read_sealed
from tfapp.tasks.results import Baseline, Bounds, PrimaryMetric, read_metric

WAY_OUT = "Run its recipe again, or leave it out."
DAMAGE = (LookupError, TypeError, ValueError, AttributeError)
"""What reading damaged tables raises."""


class Row(NamedTuple):
    """One test example of a run, a line of scores.csv.

    Args:
        name: of the example, as the run named it.
        score: what it contributes to the primary metric.
        weight: how much it counts in a pooled metric, else 1.
        columns: further columns, name → text.
    """

    name: str
    score: float
    weight: float = 1.0
    columns: Mapping[str, str] = {}


@dataclass(frozen=True)
class RunRecord:
    """One finished run.

    Args:
        folder: of the run.
        recipe: the resolved recipe as nested tables.
        metric: its primary metric.
        figures: that, its `others` (NaN where unknown), and the run's "seconds".
        labels: names of the model's outputs, () for numbers.
        rows: by test example; the key is the same in every run.
        trained_on: number of training examples.
        strata: number of classes that training examples are of, 1 for none.
        parameters: numbers in the model, those that never learn included; None if
            the run has no record of it.
        intervals: figure → 95 % interval that the run gave it, where it has one.
        baselines: simple methods on the same test split.
    """

    folder: Path
    recipe: Mapping[str, Any]
    metric: PrimaryMetric
    figures: Mapping[str, float]
    labels: tuple[str, ...]
    rows: Mapping[str, Row]
    trained_on: int
    strata: int = 1
    parameters: int | None = None
    intervals: Mapping[str, Bounds] = field(default_factory=dict)
    baselines: tuple[Baseline, ...] = ()

    @property
    def title(self) -> str:
        """The run as people call it: NAME/NUMBER."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(self.recipe.get("seed", 0))

    @cached_property
    def test_set(self) -> frozenset[str]:
        """Keys of the test examples: equal for runs that can be paired."""
        return frozenset(self.rows)

    @cached_property
    def contributions(self) -> Mapping[str, float]:
        """What each test example adds to the primary metric, which is their mean.

        Of a pooled metric m = sum(w s) / sum(w) it is m + (s - m) w / mean(w): the
        metric's own value, moved as much as this example moves it. A bootstrap of
        these is that of the ratio, to first order.

        Reference:
            Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11.
        """
        total = sum(row.weight for row in self.rows.values())
        mean = sum(row.weight * row.score for row in self.rows.values()) / total
        factor = len(self.rows) / total
        return {
            key: mean + (row.score - mean) * row.weight * factor
            if self.metric.scores == "pooled"
            else row.score
            for key, row in self.rows.items()
        }


def read_record(folder: Path, recipe: Mapping[str, Any]) -> RunRecord:
    """Read a finished run.

    Args:
        folder: runs/NAME/NUMBER.
        recipe: its resolved recipe as nested tables.

    Raises:
        ConfigError: if a file is missing or damaged, or the files disagree.
    """
    path = folder / "metrics.json"
    stored = _read_json(path)
    try:
        metric = read_metric(stored["metric"])
        data, run = stored["run"]["data"], stored["run"]
        tested = int(data["examples"]["test"])
        record = RunRecord(
            folder=folder,
            recipe=recipe,
            metric=metric,
            figures=_figures(stored, metric),
            labels=tuple(data["labels"]),
            rows={},
            trained_on=int(data["examples"]["train"]),
            strata=max(int(data["strata"]), 1),
            parameters=run["parameters"],
            intervals=_intervals(stored, metric),
            baselines=tuple(Baseline(**row) for row in stored["baselines"]),
        )
    except KeyError as error:
        raise _damaged(path, f"it lacks {error}") from None
    except DAMAGE as error:
        raise _damaged(path, str(error)) from None
    record = replace(record, rows=_rows(folder / "scores.csv", metric))
    _check_agreement(record, tested)
    return record


def _figures(stored: Mapping[str, Any], metric: PrimaryMetric) -> dict[str, float]:
    """Return the figures of metrics.json that a comparison shows."""
    figures = {
        q.key: nan if stored[q.key] is None else float(stored[q.key])
        for q in (metric, *metric.others)
    }
    figures["seconds"] = float(stored["run"]["total_seconds"])
    for key, value in figures.items():
        if not isfinite(value) and stored.get(key, 0) is not None:
            raise ValueError(f"{key} is not a finite number")
    return figures


def _intervals(stored: Mapping[str, Any], metric: PrimaryMetric) -> dict[str, Bounds]:
    """Return the intervals of the figures that have one."""
    intervals = {}
    for quantity in metric.others:
        if (interval := stored.get(f"{quantity.key}_interval")) is not None:
            low, high = map(float, interval)
            if not isfinite(low + high):
                raise ValueError(f"{quantity.key}_interval is not finite")
            intervals[quantity.key] = (low, high)
    return intervals


def _rows(path: Path, metric: PrimaryMetric) -> dict[str, Row]:
    try:
        return dict(_read_rows(path, metric))
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except KeyError as error:
        raise _damaged(path, f"it lacks {error}") from None
    except (*DAMAGE, csv.Error) as error:
        raise _damaged(path, f"{error}") from None


def _read_rows(path: Path, metric: PrimaryMetric) -> Iterator[tuple[str, Row]]:
    low, high = metric.bounds
    for cells in csv.DictReader(io.StringIO(read_sealed(path), newline="")):
        line = {column: plain_cell(text) for column, text in cells.items()}
        key, name = line.pop("key"), line.pop("name")
        score = float(line.pop("score"))
        pooled = metric.scores == "pooled"
        weight = float(line.pop("weight")) if pooled else 1.0
        if not (low <= score <= high and isfinite(score) and 0 < weight < 1e300):
            raise ValueError(f"a score is {score:g}, its weight {weight:g}")
        yield key, Row(name, score, weight, line)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(read_sealed(path))
    except DamageError as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except ValueError:
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(stored, dict):
        raise _damaged(path, "it is not a JSON object")
    return stored


def _check_agreement(record: RunRecord, test_examples: int) -> None:
    """Refuse scores that are not those of the metrics."""
    path, metric = record.folder / "scores.csv", record.metric
    if not record.rows:
        raise _damaged(path, "it holds no example")
    if len(record.rows) != test_examples:
        raise _damaged(path, f"it does not hold the {test_examples} test examples")
    mean = sum(record.contributions.values()) / len(record.rows)
    recorded = record.figures[metric.key]
    if not abs(mean - recorded) <= 1e-6 * max(1.0, abs(recorded)):
        raise _damaged(
            path,
            f"its {metric.short} is {mean:.6g}, that of metrics.json {recorded:.6g}",
        )


def _damaged(path: Path, reason: str) -> ConfigError:
    return ConfigError(f"{path} cannot be used: {reason.rstrip('.')}. {WAY_OUT}")

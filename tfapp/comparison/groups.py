"""Runs of one recipe that differ only in their seed, taken together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan, nan
from statistics import fmean, stdev
from typing import Any, NamedTuple

import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.comparison.recipe_groups import Named, Settings, names, same, settings_of
from tfapp.comparison.record import RunRecord
from tfapp.comparison.resampling import stretch
from tfapp.comparison.scores import Scores, score_interval, with_seeds
from tfapp.tasks.results import Bounds, PrimaryMetric, Quantity


class Figure(NamedTuple):
    """Mean and standard deviation over the runs of a group (0 for one run).

    Both are NaN where no run knows the figure.
    """

    mean: float
    spread: float

    def to_json(self) -> dict[str, float | None]:
        """Return the figure as a JSON-ready table, None for what is not known."""
        return {"mean": _finite(self.mean), "spread": _finite(self.spread)}


@dataclass(frozen=True)
class Group:
    """Runs of one recipe that differ only in their seed.

    Args:
        name: the recipe, and what distinguishes the group.
        records: its runs.
        settings: dotted keys and values that all its runs share.
    """

    name: str
    records: tuple[RunRecord, ...]
    settings: Settings

    @property
    def metric(self) -> PrimaryMetric:
        """The primary metric of its runs."""
        return self.records[0].metric

    @cached_property
    def tested(self) -> tuple[str, ...]:
        """Keys of the examples that any run was tested on, sorted."""
        return tuple(sorted(frozenset().union(*(r.test_set for r in self.records))))

    @property
    def on_one_test_set(self) -> bool:
        """Whether all its runs were tested on the same examples."""
        return all(len(r.test_set) == len(self.tested) for r in self.records)

    @cached_property
    def scores(self) -> Scores:
        """Mean score per example of `tested`, and main figure per run."""
        each = [
            fmean(r.contributions[key] for r in self.records if key in r.rows)
            for key in self.tested
        ]
        metric = self.metric
        runs = [record.figures[metric.key] for record in self.records]
        graded = metric.scores != "binary"
        return Scores(np.array(each), np.array(runs), graded, metric.bounds)

    @cached_property
    def interval(self) -> Bounds:
        """95 % interval of the main figure: of the test examples and of the seeds."""
        return score_interval(self.scores)

    def interval_of(self, quantity: Quantity) -> Bounds | None:
        """Return the 95 % interval of a figure, None if a run has none of its own.

        That of figures other than the primary metric is the mean of the runs' own,
        which bootstrap the examples, stretched where these are few and widened by the
        seeds.
        """
        if quantity == self.metric:
            return self.interval
        name, (least, largest) = quantity.key, quantity.bounds
        if any(name not in record.intervals for record in self.records):
            return None
        runs = np.array([record.figures[name] for record in self.records])
        own = np.array([record.intervals[name] for record in self.records])
        wider = np.array([stretch(len(record.test_set)) for record in self.records])
        low, high = runs.mean() + ((own - runs[:, None]) * wider[:, None]).mean(axis=0)
        ends = (max(least, float(low)), min(largest, float(high)))
        return with_seeds(ends, runs, quantity.bounds)

    def figure(self, name: str) -> Figure:
        """Return mean and spread of one of the figures that `RunRecord` names."""
        values = [r.figures[name] for r in self.records if not isnan(r.figures[name])]
        if not values:
            return Figure(nan, nan)
        return Figure(fmean(values), stdev(values) if len(values) > 1 else 0.0)

    @property
    def trained_on(self) -> int:
        """Number of training examples, the mean over the runs."""
        return round(fmean(record.trained_on for record in self.records))

    @property
    def size(self) -> float:
        """What a learning curve counts: training examples, of each class or in all."""
        return self.trained_on / self.records[0].strata

    @property
    def parameters(self) -> int | None:
        """Numbers in the model, None if no run keeps one."""
        counts = [r.parameters for r in self.records if r.parameters is not None]
        return max(counts, default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the group as JSON-ready nested tables."""
        names = self.records[0].figures
        quantities = (self.metric, *self.metric.others)
        return {
            "name": self.name,
            **{name: self.figure(name).to_json() for name in names},
            **{
                f"{q.key}_interval": list(map(_finite, interval))
                for q in quantities
                if (interval := self.interval_of(q)) is not None
            },
            "test_examples": len(self.tested),
            "trained_on": self.trained_on,
            "parameters": self.parameters,
            "settings": self.settings,
            "runs": [
                {"folder": str(r.folder), "seed": r.seed}
                | {name: _finite(value) for name, value in r.figures.items()}
                for r in self.records
            ],
        }


def has_interval(groups: Sequence[Group], quantity: Quantity) -> bool:
    """Say whether any group has a 95 % interval of a figure."""
    return any(group.interval_of(quantity) is not None for group in groups)


def require_one_problem(records: Sequence[RunRecord]) -> None:
    """Refuse runs that answer different questions.

    Raises:
        ConfigError: if primary metrics or classes differ.
    """
    first = records[0]
    for record in records:
        if record.metric != first.metric:
            raise ConfigError(
                f"{record.folder} is a run of the task {_task(record)!r}, with the "
                f"main figure {record.metric.title!r}. Expected runs of "
                f"{_task(first)!r} with {first.metric.title!r}, as {first.folder} is; "
                "compare them separately."
            )
        if set(record.labels) != set(first.labels):
            raise ConfigError(
                f"{record.folder} has the classes {_few(record.labels)}, "
                f"{first.folder} {_few(first.labels)}. Expected runs with the "
                "same classes; compare them separately."
            )


def _task(record: RunRecord) -> str:
    return str(record.recipe.get("task", ""))


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _few(labels: Sequence[str]) -> str:
    more = f", … ({len(labels)} classes)" if len(labels) > 3 else ""
    return ", ".join(map(repr, labels[:3])) + more


def group_records(
    records: Sequence[RunRecord],
) -> tuple[tuple[Group, ...], list[Named]]:
    """Join runs whose recipes differ only in the seed.

    Returns:
        the groups in the order of their first runs, and what each was named by.
    """
    members: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records:
        members[same(settings_of(record.recipe))].append(record)
    named = [
        Named(str(runs[0].recipe.get("name", "")), settings_of(runs[0].recipe))
        for runs in members.values()
    ]
    groups = (
        Group(name, tuple(runs), of_group.settings)
        for name, runs, of_group in zip(
            names(named), members.values(), named, strict=True
        )
    )
    return tuple(groups), named

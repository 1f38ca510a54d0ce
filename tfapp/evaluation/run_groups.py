"""Runs of one recipe that differ only in their seed, taken together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev
from typing import Any, NamedTuple

import numpy as np

from tfapp.errors import ConfigError
from tfapp.evaluation.comparison import Scores, accuracy_interval
from tfapp.evaluation.recipe_groups import Named, Settings, names, same, settings_of
from tfapp.evaluation.run_record import RunRecord

TASK = "image_classification"


class Figure(NamedTuple):
    """Mean and standard deviation over the runs of a group (0 for one run)."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Group:
    """Runs of one recipe that differ only in their seed.

    Args:
        name: the recipe, and what tells the group from the others.
        records: its runs.
        settings: dotted keys and values that all its runs share.
    """

    name: str
    records: tuple[RunRecord, ...]
    settings: Settings

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
        """Share of right answers per example of `tested`, and accuracy per run."""
        each = [
            fmean(r.answers[key].correct for r in self.records if key in r.answers)
            for key in self.tested
        ]
        runs = [record.figures["accuracy"] for record in self.records]
        return Scores(np.array(each), np.array(runs))

    @cached_property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy: of the test examples and of the seeds."""
        return accuracy_interval(self.scores)

    def figure(self, name: str) -> Figure:
        """Return mean and spread of one of the figures that `RunRecord` names."""
        values = [record.figures[name] for record in self.records]
        return Figure(fmean(values), stdev(values) if len(values) > 1 else 0.0)

    @property
    def trained_on(self) -> int:
        """Number of training examples, the mean over the runs."""
        return round(fmean(record.trained_on for record in self.records))

    @property
    def parameters(self) -> int | None:
        """Numbers in the model, None if no run keeps one."""
        known = [r.parameters for r in self.records if r.parameters is not None]
        return max(known, default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the group as JSON-ready nested tables."""
        names = self.records[0].figures
        return {
            "name": self.name,
            **{name: self.figure(name)._asdict() for name in names},
            "accuracy_interval": list(self.interval),
            "test_examples": len(self.tested),
            "trained_on": self.trained_on,
            "parameters": self.parameters,
            "settings": self.settings,
            "runs": [
                {"folder": str(r.folder), "seed": r.seed, **r.figures}
                for r in self.records
            ],
        }


def require_one_problem(records: Sequence[RunRecord]) -> None:
    """Refuse runs that answer different questions.

    Raises:
        ConfigError: if tasks or classes differ.
    """
    first = records[0]
    for record in records:
        if (task := record.recipe.get("task")) != TASK:
            raise ConfigError(
                f"{record.folder} is a run of the task {task!r}. Expected runs of "
                f"{TASK!r}; leave it out."
            )
        if set(record.class_names) != set(first.class_names):
            raise ConfigError(
                f"{record.folder} tells {_few(record.class_names)} apart, "
                f"{first.folder} {_few(first.class_names)}. Expected runs with the "
                "same classes; compare them separately."
            )


def _few(class_names: Sequence[str]) -> str:
    more = f", … ({len(class_names)} classes)" if len(class_names) > 3 else ""
    return ", ".join(map(repr, class_names[:3])) + more


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
        Named(str(found[0].recipe.get("name", "")), settings_of(found[0].recipe))
        for found in members.values()
    ]
    groups = (
        Group(name, tuple(found), of_group.settings)
        for name, found, of_group in zip(
            names(named), members.values(), named, strict=True
        )
    )
    return tuple(groups), named

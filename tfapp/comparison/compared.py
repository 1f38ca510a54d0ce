"""Runs side by side: differences, and the examples that nobody gets right."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from tfapp.comparison.compared_task import ComparedTask, Missed
from tfapp.comparison.groups import Group, group_records, require_one_problem
from tfapp.comparison.notes import found_notes
from tfapp.comparison.recipe_groups import Line, Named, differing_keys, lines
from tfapp.comparison.record import RunRecord
from tfapp.comparison.statistics import LEVEL, JudgedDifference, holm, judge

WIDE = 1.5
"""A learning curve needs sizes that differ by this factor."""


class Pair(NamedTuple):
    """Two groups compared.

    Args:
        first: index of a group.
        second: index of another.
        found: the second's main figure minus the first's.
        corrected: p-value, corrected for the number of comparisons.
    """

    first: int
    second: int
    found: JudgedDifference
    corrected: float

    @property
    def real(self) -> bool:
        """Whether chance is ruled out as the cause."""
        return self.corrected < LEVEL

    def seen_from(self, one: int) -> "Pair":
        """Return the pair with `one` as its second, signs turned if need be."""
        if self.second == one:
            return self
        found = JudgedDifference(
            -self.found.difference,
            -self.found.high,
            -self.found.low,
            self.found.p_value,
            self.found.paired,
        )
        return Pair(self.second, self.first, found, self.corrected)

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the pair as a JSON-ready table, with the names of the groups."""
        found = self.found
        return {
            "first": names[self.first],
            "second": names[self.second],
            "difference": found.difference,
            "interval": [found.low, found.high],
            "p_value": found.p_value,
            "corrected_p_value": self.corrected,
            "real": self.real,
            "paired": found.paired,
        }


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        groups: in the order of their first runs.
        pairs: every two groups, in the order of the groups.
        keys: settings in which the groups differ, in the order of recipes.
        lines: learning curves: groups that differ in size alone; () without sizes
            to speak of.
        missed: examples that every run was tested on and had trouble with, the worst
            first; what trouble is, the task says.
        common: number of examples that every run was tested on.
        notes: what a reader should know.
    """

    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    keys: tuple[str, ...]
    lines: tuple[Line, ...]
    missed: tuple[Missed, ...]
    common: int
    notes: tuple[str, ...]

    @property
    def task(self) -> ComparedTask:
        """How runs of their task are compared."""
        return self.groups[0].task

    @property
    def best(self) -> int:
        """Index of the group with the best main figure."""
        goodness = [self.task.sign * group.scores.mean for group in self.groups]
        return goodness.index(max(goodness))

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """Every run, group by group."""
        return tuple(record for group in self.groups for record in group.records)

    def to_best(self, index: int) -> Pair | None:
        """Return a group's main figure minus the best's, None for the best itself.

        Its p-value is corrected for the comparisons with the best alone, which tell
        how surely a group is not the best one.

        Reference:
            Hsu, Constrained Simultaneous Confidence Intervals for Multiple Comparisons
            with the Best, Annals of Statistics 12, 1984.
        """
        rivals = len(self.groups) - 1
        for pair in self.pairs:
            if {pair.first, pair.second} == {index, self.best}:
                corrected = min(1.0, rivals * pair.found.p_value)
                return pair.seen_from(index)._replace(corrected=corrected)
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready nested tables."""
        names = [group.name for group in self.groups]
        trouble = self.task.missed_title.lower().replace(" ", "_")
        curves = [
            {"name": line.name, "groups": [names[i] for i in line.members]}
            for line in self.lines
        ]
        return {
            "best": names[self.best],
            "groups": [group.to_json() for group in self.groups],
            "pairs": [pair.to_json(names) for pair in self.pairs],
            "differing_settings": list(self.keys),
            "learning_curves": curves,
            "common_test_examples": self.common,
            trouble: [row._asdict() for row in self.missed],
            "notes": list(self.notes),
        }


def compare_records(
    records: Sequence[RunRecord], notes: Sequence[str] = ()
) -> Comparison:
    """Group runs by recipe and compare every two groups.

    Args:
        records: at least one run, all of one task and with the same classes.
        notes: what a reader should know beside what is found here.

    Raises:
        ConfigError: if tasks or classes differ.
    """
    require_one_problem(records)
    groups, named = group_records(records)
    pairs = _pairs(groups)
    sizes = [group.trained_on for group in groups]
    common = frozenset.intersection(*(record.test_set for record in records))
    return Comparison(
        groups=groups,
        pairs=pairs,
        keys=differing_keys([group.settings for group in groups]),
        lines=_curves(named, sizes),
        missed=_missed(records, common),
        common=len(common),
        notes=(*notes, *found_notes(groups, pairs)),
    )


def _pairs(groups: Sequence[Group]) -> tuple[Pair, ...]:
    """Compare every two groups, p-values corrected for their number."""
    indices = list(combinations(range(len(groups)), 2))
    found = [_judge(groups[i], groups[j]) for i, j in indices]
    corrected = holm([difference.p_value for difference in found])
    return tuple(
        Pair(i, j, difference, p)
        for (i, j), difference, p in zip(indices, found, corrected, strict=True)
    )


def _judge(first: Group, second: Group) -> JudgedDifference:
    paired = (
        first.on_one_test_set
        and second.on_one_test_set
        and first.tested == second.tested
    )
    return judge(first.scores, second.scores, paired=paired)


def _curves(named: Sequence[Named], sizes: Sequence[int]) -> tuple[Line, ...]:
    found = lines(named, sizes)
    spans = [sizes[line.members[-1]] / max(sizes[line.members[0]], 1) for line in found]
    return tuple(found) if max(spans) >= WIDE else ()


def _missed(records: Sequence[RunRecord], common: frozenset[str]) -> tuple[Missed, ...]:
    answers = [[record.answers[key] for record in records] for key in sorted(common)]
    return tuple(records[0].task.missed(answers))

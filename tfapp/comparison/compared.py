"""Runs side by side: differences, and the examples that nobody gets right."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from statistics import fmean
from typing import Any

from tfapp.comparison.groups import Group, group_records, require_one_problem
from tfapp.comparison.missed import MissedExample, missed_examples, missed_title
from tfapp.comparison.notes import comparison_notes
from tfapp.comparison.recipe_groups import Line, Named, differing_keys, lines
from tfapp.comparison.record import RunRecord
from tfapp.comparison.statistics import JudgedDifference, Pair, holm, judge
from tfapp.tasks.results import Baseline, PrimaryMetric

WIDE = 1.5
"""A learning curve needs sizes that differ by this factor."""


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
            first.
        common: number of examples that every run was tested on.
        baselines: simple methods that runs report, each once, the best first.
        notes: what a reader should know.
    """

    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    keys: tuple[str, ...]
    lines: tuple[Line, ...]
    missed: tuple[MissedExample, ...]
    common: int
    baselines: tuple[Baseline, ...]
    notes: tuple[str, ...]

    @property
    def metric(self) -> PrimaryMetric:
        """The primary metric of all runs."""
        return self.groups[0].metric

    @property
    def best(self) -> int:
        """Index of the group with the best main figure."""
        goodness = [self.metric.sign * group.scores.mean for group in self.groups]
        return goodness.index(max(goodness))

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """Every run, group by group."""
        return tuple(record for group in self.groups for record in group.records)

    def to_best(self, index: int) -> Pair | None:
        """Return a group's main figure minus the best's, None for the best itself.

        Its p-value is corrected for the comparisons with the best alone, which show
        how surely a group is not the best one.

        Reference:
            Hsu, Constrained Simultaneous Confidence Intervals for Multiple Comparisons
            with the Best, Annals of Statistics 12, 1984.
        """
        rivals = len(self.groups) - 1
        for pair in self.pairs:
            if {pair.first, pair.second} == {index, self.best}:
                corrected = min(1.0, rivals * pair.estimate.p_value)
                return pair.seen_from(index)._replace(corrected=corrected)
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready nested tables."""
        names = [group.name for group in self.groups]
        trouble = missed_title(self.metric).lower().replace(" ", "_")
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
            trouble: [row.to_json() for row in self.missed],
            "baselines": [asdict(baseline) for baseline in self.baselines],
            "notes": list(self.notes),
        }


def compare_records(
    records: Sequence[RunRecord], notes: Sequence[str] = ()
) -> Comparison:
    """Group runs by recipe and compare every two groups.

    Args:
        records: at least one run, all with one primary metric and the same classes.
        notes: what a reader should know besides what is noticed here.

    Raises:
        ConfigError: if primary metrics or classes differ.
    """
    require_one_problem(records)
    groups, named = group_records(records)
    pairs = _pairs(groups)
    sizes = [group.trained_on for group in groups]
    common = frozenset.intersection(*(record.test_set for record in records))
    baselines = _baselines(records)
    return Comparison(
        groups=groups,
        pairs=pairs,
        keys=differing_keys([group.settings for group in groups]),
        lines=_curves(named, sizes),
        missed=missed_examples(records, sorted(common)),
        common=len(common),
        baselines=baselines,
        notes=(*notes, *comparison_notes(groups, pairs, baselines)),
    )


def _pairs(groups: Sequence[Group]) -> tuple[Pair, ...]:
    """Compare every two groups, p-values corrected for their number."""
    indices = list(combinations(range(len(groups)), 2))
    differences = [_judge(groups[i], groups[j]) for i, j in indices]
    corrected = holm([difference.p_value for difference in differences])
    return tuple(
        Pair(i, j, difference, p)
        for (i, j), difference, p in zip(indices, differences, corrected, strict=True)
    )


def _judge(first: Group, second: Group) -> JudgedDifference:
    paired = (
        first.on_one_test_set
        and second.on_one_test_set
        and first.tested == second.tested
    )
    return judge(first.scores, second.scores, paired=paired)


def _curves(named: Sequence[Named], sizes: Sequence[int]) -> tuple[Line, ...]:
    curves = lines(named, sizes)
    spans = [
        sizes[line.members[-1]] / max(sizes[line.members[0]], 1) for line in curves
    ]
    return tuple(curves) if max(spans) >= WIDE else ()


def _baselines(records: Sequence[RunRecord]) -> tuple[Baseline, ...]:
    """Return every baseline once, its value the mean over runs on one test set."""
    metric, first = records[0].metric, records[0].test_set
    by_name: dict[str, list[Baseline]] = defaultdict(list)
    for record in records:
        if record.test_set == first:
            for baseline in record.baselines:
                by_name[baseline.name].append(baseline)
    merged = [_merged(same) for same in by_name.values()]
    return tuple(sorted(merged, key=lambda baseline: -metric.sign * baseline.value))


def _merged(same: Sequence[Baseline]) -> Baseline:
    """Return one baseline of several runs; its margin is that of a single run alone."""
    value = fmean(baseline.value for baseline in same)
    return replace(
        same[0], value=value, margin=same[0].margin if not same[1:] else None
    )

"""What a reader of a comparison should know besides its figures."""

from collections.abc import Sequence
from math import log2

from tfapp.comparison.groups import Group
from tfapp.comparison.resampling import smallest_p_value
from tfapp.comparison.statistics import LEVEL, Pair
from tfapp.report.wording import amount, quoted
from tfapp.tasks.results import Baseline


def comparison_notes(
    groups: Sequence[Group], pairs: Sequence[Pair], baselines: Sequence[Baseline]
) -> list[str]:
    """Say what limits a comparison: baselines, few examples or runs, other test sets.

    Args:
        groups: at least one.
        pairs: every two of them, compared.
        baselines: simple methods on the same test set, the best first.
    """
    notes, noun = [], groups[0].metric.examples
    if baselines and (losers := _losers(groups, baselines[0])):
        notes.append(losers)
    if too_few := _too_few(groups, pairs):
        notes.append(too_few)
    if single := [group.name for group in groups if len(group.records) == 1]:
        which = "Every group has" if len(single) == len(groups) else "Some groups have"
        notes.append(
            f"{which} a single run, so how much its seed matters is unknown: "
            f"{'; '.join(single[:4])}{'; …' if single[4:] else ''}."
        )
    if any(len(group.records) == 2 for group in groups):
        notes.append(
            "Two runs show little of how much a seed matters, so their intervals "
            "are wide. Three or more are better."
        )
    unpaired = sum(not pair.estimate.paired for pair in pairs)
    if unpaired:
        notes.append(
            f"{unpaired} of {len(pairs)} comparisons are between different test sets, "
            f"so {noun} cannot be paired and only large differences can be detected."
        )
    if any(not group.on_one_test_set for group in groups):
        notes.append(f"Some runs of one recipe were tested on different {noun}.")
    return notes


def _losers(groups: Sequence[Group], best: Baseline) -> str:
    """Say which groups lose to the best baseline, "" if none does."""
    metric = groups[0].metric
    losers = [
        f"{quoted(group.name)} ({amount(group.scores.mean, metric.unit)})"
        for group in groups
        if metric.sign * (group.scores.mean - best.value) < 0
    ]
    if not losers:
        return ""
    which = f"{', '.join(losers[:4])}{', …' if losers[4:] else ''}"
    value = amount(best.value, metric.unit)
    return (
        f"The baseline {best.name}, {metric.short} {value}, beats {which}: use the "
        "simple method, or improve these."
    )


def _too_few(groups: Sequence[Group], pairs: Sequence[Pair]) -> str:
    """Say that no result on these test sets could be clear enough, "" if one could."""
    sizes = [len(group.tested) for group in groups]
    smallest = min(
        (
            smallest_p_value(sizes[p.first], sizes[p.second], paired=p.estimate.paired)
            for p in pairs
        ),
        default=0.0,
    )
    rivals = max(len(groups) - 1, 1)
    corrected = min(1.0, rivals * smallest)  # of the surest comparison with the best
    if corrected < LEVEL:
        return ""
    need = int(log2(2 * rivals / LEVEL)) + 1
    noun = groups[0].metric.examples
    return (
        f"Too few test {noun}, {max(sizes)}, to call any difference real: even if one "
        "group were better on each of them, chance would do as much with p = "
        f"{corrected:.2g}, corrected for the number of comparisons. It takes {need} "
        f"{noun} at least, the same for all runs."
    )

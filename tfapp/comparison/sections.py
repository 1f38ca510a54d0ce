"""Sections of a comparison: pairs, settings, runs, and how to read the figures."""

from tfapp.comparison import wording
from tfapp.comparison.compared import Comparison
from tfapp.comparison.recipe_groups import value_text
from tfapp.comparison.statistics import Pair
from tfapp.report.blocks import Items, Section, Table
from tfapp.report.wording import amount, count, duration, shorten, singular
from tfapp.tasks.results import PrimaryMetric

MANY = (
    "Many groups:",
    "the more comparisons, the likelier one of them looks real by chance, so p-values "
    "are raised for their number. Beside the figures each group is compared with the "
    "best alone; where every two are compared, there are more of them, Holm's rule "
    "raises the p-values for all, and fewer are real.",
)


def pairs_section(comparison: Comparison) -> Section | None:
    """Show every two groups, and which of them differ for sure."""
    if not comparison.pairs:
        return None
    ordered = sorted(comparison.pairs, key=lambda p: (p.corrected, p.first, p.second))
    rows = tuple(_pair_row(pair, comparison) for pair in ordered)
    header = (
        "Better",
        "Than",
        "Verdict",
        "Difference",
        "95 % interval",
        "p, corrected",
    )
    caption = "Every two groups, the surest difference first"
    real = sum(pair.real for pair in comparison.pairs)
    lead = (
        f"{real} of {len(rows)} real; the rest could be the luck of seeds and test "
        f"{comparison.metric.examples}."
    )
    return Section(
        "Which differences are real", lead, (Table(header, rows, caption, 3),)
    )


def _pair_row(pair: Pair, comparison: Comparison) -> tuple[str, ...]:
    groups, metric = comparison.groups, comparison.metric
    gain = metric.sign * pair.estimate.difference
    better = pair.second if gain >= 0 else pair.first
    seen = pair.seen_from(better)
    return (
        groups[seen.second].name,
        groups[seen.first].name,
        wording.verdict(seen),
        wording.difference(seen, metric.unit),
        wording.difference_interval(seen, metric.unit),
        wording.probability(seen.corrected),
    )


def settings_section(comparison: Comparison) -> Section | None:
    """Show the settings of the recipes that are not the same in all groups."""
    keys, groups = comparison.keys, comparison.groups
    if not keys:
        return None
    header = ("Setting", *(shorten(group.name, 40) for group in groups))
    rows = tuple((key, *(value_text(g.settings, key) for g in groups)) for key in keys)
    lead = f"{count(len(keys), 'settings')} not the same in every recipe."
    table = Table(header, rows, "Settings that differ", len(header))
    return Section("What differs", lead, (table,))


def runs_section(comparison: Comparison) -> Section:
    """List every run with its group and its main figure."""
    metric = comparison.metric
    rows = tuple(
        (
            str(record.folder),
            shorten(group.name, 60),
            f"{record.seed}",
            amount(record.figures[metric.key], metric.unit),
            f"{record.trained_on:,}",
            duration(record.figures["seconds"]),
        )
        for group in comparison.groups
        for record in group.records
    )
    header = ("Run", "Group", "Seed", metric.heading, "Trained on", "Time")
    lead = "Runs that differ only in their seeds make a group."
    return Section("Runs", lead, (Table(header, rows, "Every run", 2),))


def how_to_read(metric: PrimaryMetric) -> Items:
    """Return explanations of intervals, differences and p-values.

    Args:
        metric: of the runs that are compared.
    """
    noun = metric.examples
    counted = (
        f"Training {noun}:",
        f"those that weights learned from; validation {noun} come on top.",
    )
    lines = _of_binary(metric) if metric.scores == "binary" else _of_graded(metric)
    return Items((*lines, counted))


def _of_binary(metric: PrimaryMetric) -> list[tuple[str, str]]:
    noun = metric.examples
    return [
        (
            f"Interval of the {metric.short}:",
            f"Wilson's for the test {noun}; with several runs, joined with Student's t "
            f"of their mean, so that it covers other test {noun} and other seeds.",
        ),
        (
            "Interval of a difference:",
            "20,000 resampled test sets, on each of which both systems are judged, "
            "joined with Welch's t for the seeds.",
        ),
        (
            "Real:",
            "if the two were equal, chance would give a difference as large in under "
            "5 % of cases. The p-value swaps the systems at random, "
            f"{singular(noun)} by {singular(noun)} (McNemar's test for single runs).",
        ),
        MANY,
    ]


def _of_graded(metric: PrimaryMetric) -> list[tuple[str, str]]:
    noun, one = metric.examples, singular(metric.examples)
    return [
        (
            "Intervals:",
            f"of the {metric.short}, Student's t over the test {noun}; of other "
            f"figures that have one, {noun} drawn again, stretched as Student's t is "
            "wider for few. With several runs they are joined with Student's t of "
            f"their mean, so that they cover other test {noun} and other seeds.",
        ),
        (
            "Interval of a difference:",
            "20,000 resampled test sets, on each of which both systems are judged, "
            "stretched in the same way and joined with Welch's t for the seeds.",
        ),
        (
            "Real:",
            "if the two were equal, chance would give a difference as large in under "
            f"5 % of cases. The p-value swaps the systems at random, {one} by {one}. "
            f"Over n {noun} it cannot be below 2 in 2ⁿ, however many runs there are.",
        ),
        MANY,
        (
            "Single runs:",
            f"a seed moves all {noun} alike, so of groups with one run each a real "
            "difference is one between these two networks, and maybe not between "
            "their recipes. Three runs each can decide.",
        ),
        (
            f"Other {noun}:",
            f"all this takes the test {noun} as drawn independently. Parts of one "
            "whole are alike, and show little about others.",
        ),
    ]

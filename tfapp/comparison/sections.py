"""Sections of a comparison that list: settings, what all runs missed, runs."""

from tfapp.comparison.compared import Comparison
from tfapp.comparison.recipe_groups import value_text
from tfapp.report.blocks import Section, Table
from tfapp.report.wording import count, duration, shorten


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


def missed_section(comparison: Comparison) -> Section | None:
    """Show the test examples that all missed, if there are several runs."""
    missed = comparison.missed
    if not missed or len(comparison.records) < 2:
        return None
    return comparison.task.missed_section(missed, comparison.common)


def runs_section(comparison: Comparison) -> Section:
    """List every run with its group and its main figure."""
    score = comparison.task.score
    rows = tuple(
        (
            str(record.folder),
            shorten(group.name, 60),
            f"{record.seed}",
            f"{record.figures[score.key] * 100:.2f}",
            f"{record.trained_on:,}",
            duration(record.figures["seconds"]),
        )
        for group in comparison.groups
        for record in group.records
    )
    header = ("Run", "Group", "Seed", f"{score.title}, %", "Trained on", "Time")
    lead = "Runs that differ only in their seeds make a group."
    return Section("Runs", lead, (Table(header, rows, "Every run", 2),))

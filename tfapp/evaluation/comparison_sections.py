"""Sections of a comparison that list: settings, common mistakes, runs."""

from pathlib import Path

from tfapp.data.spec import Example
from tfapp.evaluation.blocks import Gallery, Section, Table, Tile
from tfapp.evaluation.compared import Comparison, Missed
from tfapp.evaluation.recipe_groups import value_text
from tfapp.evaluation.thumbnails import thumbnail
from tfapp.evaluation.wording import count, duration, shorten

MOST_MISSED = 24
LONGEST_CAPTION = 24


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
    """Show the test examples that every run got wrong, if there are several runs."""
    missed = comparison.missed
    if not missed or len(comparison.records) < 2:
        return None
    shown = missed[:MOST_MISSED]
    tiles = [tile for row in shown if (tile := _tile(row)) is not None]
    lead = (
        f"{count(len(missed), 'examples')} of {comparison.common:,} that every run "
        "got wrong, the surest mistakes first. Look for wrong labels here."
    )
    if tiles:
        return Section("Wrong in every run", lead, (Gallery("", tuple(tiles)),))
    rows = tuple((row.path, row.label, row.predicted) for row in shown)
    table = Table(("Example", "Label", "Predicted"), rows, "Wrong in every run", 3)
    return Section("Wrong in every run", lead, (table,))


def _tile(row: Missed) -> Tile | None:
    """Return a small picture of an example, None if it is no file here."""
    path = Path(row.path)
    if not path.is_file():
        return None
    example = Example(row.path, row.label, "test")
    image, media_type = thumbnail(lambda _: path.read_bytes(), example)
    label, predicted = (shorten(n, LONGEST_CAPTION) for n in (row.label, row.predicted))
    return Tile(image, media_type, f"{label} → {predicted}", row.path)


def runs_section(comparison: Comparison) -> Section:
    """List every run with its group and its accuracy."""
    rows = tuple(
        (
            str(record.folder),
            shorten(group.name, 60),
            f"{record.seed}",
            f"{record.figures['accuracy'] * 100:.2f}",
            f"{record.trained_on:,}",
            duration(record.figures["seconds"]),
        )
        for group in comparison.groups
        for record in group.records
    )
    header = ("Run", "Group", "Seed", "Accuracy, %", "Trained on", "Time")
    lead = "Runs that differ only in their seeds make a group."
    return Section("Runs", lead, (Table(header, rows, "Every run", 2),))

"""Whether pairs of texts lie at a place, or a name stands for generated ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import TfappError
from tfapp.data.detection import Detected
from tfapp.domains.text.reading.folders import split_tables
from tfapp.domains.text.reading.table import is_table, read_table
from tfapp.domains.text.translation.reading.columns import by_names, holds_pairs

TASK = "text_translation"
GENERATED = ("addition", "dates")
"""Kinds of data that are made, not read; their names are their places."""
OPTIONS = {"source_column", "target_column"}
OTHER_OPTIONS = {"text_column", "label_column", "path_column", "label_from"}
"""Options of other kinds of data."""


def detect_pairs(place: str, options: Mapping[str, Any]) -> Detected | None:
    """Return that pairs of texts lie at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
    """
    path = Path(place)
    if place in GENERATED and not path.exists():
        return Detected(place, TASK, f"{place!r} names generated pairs of texts")
    if not place or OTHER_OPTIONS & options.keys():
        return None
    tables = split_tables(path) if path.is_dir() else {}
    file = tables.get("train", path)
    if not is_table(file):
        return None
    if OPTIONS & options.keys():
        return Detected("text_pairs", TASK, "a column of its two texts is named")
    try:
        table = read_table(file, str(options.get("delimiter") or ""), sample=True)
        if not holds_pairs(table):
            return None
        named = by_names(table)
    except TfappError:
        return None
    why = f"{file.name} has two columns of texts"
    if named is not None:
        header = table.header
        why = f"its columns are {header[named.source]!r} and {header[named.target]!r}"
    return Detected("text_pairs", TASK, why)

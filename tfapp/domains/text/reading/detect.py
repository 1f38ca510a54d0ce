"""Whether labelled texts lie at a place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import TfappError
from tfapp.base.names import folded
from tfapp.data.detection import Detected
from tfapp.domains.text.reading.columns import (
    TEXT_NAMES,
    are_paths,
    find_columns,
    find_text_column,
    looks_like_texts,
)
from tfapp.domains.text.reading.folders import (
    polarity_files,
    split_tables,
    text_folders,
)
from tfapp.domains.text.reading.table import is_table, read_table

IMAGE_OPTIONS = {"path_column", "label_from"}
"""Options that only tables and folders of pictures have."""


def detect_texts(place: str, options: Mapping[str, Any]) -> Detected | None:
    """Return that labelled texts lie at a place, None for anything else.

    A table is one of texts if a column holds sentences, most of them different, or if
    `text_column` names one; what else is wrong with it, reading it says.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
    """
    path = Path(place)
    if not place or IMAGE_OPTIONS & options.keys():
        return None
    if (
        why := _why_table(path, options)
        if is_table(path)
        else _why_folder(path, options)
    ):
        return Detected("texts", "text_classification", why)
    return None


def _why_table(path: Path, options: Mapping[str, Any]) -> str:
    """Return why a table is one of texts, "" if it is not."""
    if options.get("text_column"):
        return f"its column {options['text_column']!r} is named as that of texts"
    try:
        table = read_table(path, str(options.get("delimiter") or ""), sample=True)
        text = find_text_column(table)
        if any(are_paths(table.cells(i)) for i in range(len(table.header))):
            return ""  # of pictures, with captions
        if not looks_like_texts(table.cells(text)):
            return ""
    except TfappError:
        return ""
    try:
        columns = find_columns(table, options)
    except TfappError:  # reading it says what is missing
        named = folded(table.header[text]) in TEXT_NAMES
        return f"its column {table.header[text]!r} holds texts" if named else ""
    name, label = table.header[columns.text], table.header[columns.label]
    return f"its column {name!r} holds texts, and {label!r} their labels"


def _why_folder(path: Path, options: Mapping[str, Any]) -> str:
    """Return why a folder holds texts, "" if it does not; it is looked at by names."""
    if not path.is_dir():
        return ""
    if polarity_files(path):
        return "it holds files of texts named NAME.pos and NAME.neg"
    if (tables := split_tables(path)) and _why_table(tables["train"], options):
        return f"it holds tables of texts for {', '.join(tables)}"
    return "its folders hold .txt files" if text_folders(path) else ""

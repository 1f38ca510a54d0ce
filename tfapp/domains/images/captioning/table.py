"""Tables of photos with captions, of which a photo may have several."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError, TfappError
from tfapp.base.names import find_path
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.spec import Example
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.sources.answer_columns import (
    chosen_columns,
    find_separator,
)
from tfapp.domains.images.reading.sources.folder import is_hidden
from tfapp.domains.images.reading.sources.table_rows import (
    SEARCHED_ROWS,
    Row,
    names_images,
    path_column,
    place_of,
    read_cells,
    read_rows,
    refuse_half_split,
)

FILES = tuple(f"captions{suffix}" for suffix in (".csv", ".tsv", ".txt"))
"""Names of a table of captions in a folder of photos, in small letters."""
NAMES = ("caption", "captions", "description", "sentence", "comment", "report")
"""Names of a column of captions."""
WORDS = 3.0
"""Words that captions have on average at least; classes and tags have fewer."""
DIFFERENT = 0.5
"""Share of different texts in a column of captions that no name tells."""
TAG_WORDS = 2.0
"""Words between two separators up to which those are tags."""


@dataclass(frozen=True)
class CaptionColumn:
    """The column of a table that holds captions.

    Args:
        name: of the column.
        why: the reason, in a few words.
    """

    name: str
    why: str


def table_at(path: Path) -> Path | None:
    """Return the table of captions of a folder, or a table itself; else None."""
    if path.is_dir():
        try:
            names = {file.name.lower(): file for file in sorted(path.iterdir())}
        except OSError:
            return None
        return next((names[name] for name in FILES if name in names), None)
    is_table = path.is_file() and path.suffix.lower() in (".csv", ".tsv", ".txt")
    return path if is_table else None


def caption_column(table: Path, options: Mapping[str, Any]) -> CaptionColumn | None:
    """Return the column of a table that holds captions, None if it holds others.

    Captions are texts of several words. Where neither the name of the column says so
    nor photos have several of them, most of them are different, and no tags.

    Args:
        table: of images.
        options: `data.options`, of which the columns' names and `delimiter` count.
    """
    try:
        names, rows = read_cells(table, str(options.get("delimiter") or ""))
    except (TfappError, OSError):
        return None
    columns = chosen_columns(names, rows, options)
    named = [name for name in columns if name in NAMES]
    chosen = columns if len(columns) == 1 else named
    if len(chosen) != 1 or chosen[0] not in names:
        return None
    name, path = chosen[0], path_column(names, rows, _path_option(options))
    if not (_path_option(options) or names_images(path, rows[:SEARCHED_ROWS])):
        return None
    cells = [text for _, row in rows if (text := " ".join(row[name].split()))]
    words = sum(len(text.split()) for text in cells) / max(1, len(cells))
    different = len({*cells}) / max(1, len(cells))
    photos = Counter(row.get(path, "").strip() for _, row in rows)
    says_so = named or max(photos.values(), default=0) > 1
    if words < WORDS or not (says_so or (different > DIFFERENT and not _tags(cells))):
        return None
    why = (
        f"its column `{name}` holds captions: texts of {words:.0f} words on average, "
        f"{different:.0%} of them different"
    )
    return CaptionColumn(name, why)


def _path_option(options: Mapping[str, Any]) -> str:
    return str(options.get("path_column") or "")


def _tags(cells: Sequence[str]) -> bool:
    """Say whether cells hold short names between separators."""
    if not (separator := find_separator(cells)):
        return False
    pieces = [piece for cell in cells for piece in cell.split(separator)]
    return sum(len(piece.split()) for piece in pieces) <= TAG_WORDS * len(pieces)


def read_captions(context: LoadContext) -> tuple[Source, dict[str, list[str]]]:
    """List the photos of a table, and the captions of each.

    Returns:
        The source, a photo an example, and name of a photo → its captions, none of
        which is empty or occurs twice.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: if there is no table, no column of captions, a photo lies in two
            splits, or a cell cannot be used; with the line.
    """
    options = context.config.options
    table, column = _table(context)
    columns = {"path": _path_option(options), column: column}
    rows = read_rows(table, columns, str(options.get("delimiter") or ""))
    folder = _photo_folder(table, rows)
    listed, captions = dict[str, Example](), dict[str, list[str]]()
    problems: list[Problem] = []
    examples = []
    for row in rows:
        name, split, group = place_of(table, row, folder)
        first = listed.setdefault(name, Example(name, split, group=group))
        examples.append(replace(first, split=split))
        if split != first.split:
            raise DataError(
                f"{table}, line {row[0]}: {name} is in {split or 'no split'!r} here "
                f"and in {first.split or 'no split'!r} above. Expected one split."
            )
        own = captions.setdefault(name, [])
        if not (text := " ".join(row[1][column].split())):
            where = f"{table.name}, line {row[0]}"
            problems.append(Problem(where, "empty caption", "left out", "no text."))
        elif text not in own:
            own.append(text)
    if not listed:
        raise DataError(f"{table} has no rows below its header. Expected some.")
    refuse_half_split(table, rows, examples)
    problems += _without_captions(folder, listed)
    source = Source(
        str(table), folder, tuple(listed.values()), (), problems=tuple(problems)
    )
    return source, captions


def _table(context: LoadContext) -> tuple[Path, str]:
    """Return the table and its column of captions.

    Raises:
        DataError: if there is none.
    """
    path = Path(expand_path(context.config.path))
    table = table_at(path)
    if table is None:
        raise DataError(
            f"`data.path`: {str(path)!r} is no table of captions, and no folder with "
            f"one. Expected {', '.join(FILES[:-1])} or {FILES[-1]} with a column of "
            "image files and a column of captions."
        )
    table, options = table.absolute(), context.config.options
    names, rows = read_cells(table, str(options.get("delimiter") or ""))
    columns = chosen_columns(names, rows, options)
    named = [name for name in columns if name in NAMES]
    chosen = columns if len(columns) == 1 else tuple(named)
    if len(chosen) != 1 or chosen[0] not in names:
        raise DataError(
            f"{table}: the column of captions is not recognised. Name it: "
            f"data.options.label_column (`fit --label NAME`). Received: {names}"
        )
    return table, chosen[0]


def _photo_folder(table: Path, rows: Sequence[Row]) -> Path:
    """Return the folder that paths start from: of the table, or one in it."""
    paths = [row["path"].strip() for _, row in rows[:SEARCHED_ROWS]]
    inner = sorted(p for p in table.parent.iterdir() if p.is_dir())
    for folder in (table.parent, *inner):
        if any(path and find_path(folder, path).is_file() for path in paths):
            return folder
    return table.parent


def _without_captions(folder: Path, listed: Mapping[str, Example]) -> Iterator[Problem]:
    """Yield a note on every photo next to those listed that has no row."""
    folders = {folder, *(Path(name).parent for name in listed)}
    for place in sorted(p for p in folders if p.is_dir()):
        for file in sorted(place.iterdir()):
            is_image = file.suffix.lower() in IMAGE_SUFFIXES
            if is_image and not is_hidden(file.name) and str(file) not in listed:
                detail = "no row of the table names it; it is not used."
                yield Problem(file.name, "photo without caption", "note", detail)

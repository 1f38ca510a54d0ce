"""Tables of texts: cells of any length, with quotes, line breaks and delimiters."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.text_files import START, decoded, first_lines

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
DELIMITERS = ("\t", ";", ",", "|")
LARGEST_CELL = 2**31 - 1
SAMPLE = 262_144
"""Characters that the delimiter and the columns are chosen by."""
FEW_LINES = 20
"""At the beginning of a table, below which all of it is read."""
SWALLOWED = 3
"""Lines of a cell that look like rows, from which on a quote was never closed."""


@dataclass(frozen=True)
class TextTable:
    """Rows of cells.

    Args:
        path: of the file.
        header: names of the columns, "column 1" and so on where there are none.
        named: columns that the first row names; all of them without a header.
        rows: line on which it begins, and cells, of every row that is not blank.
        has_header: whether the first row named the columns.
        encoding: of the file.
    """

    path: Path
    header: tuple[str, ...]
    named: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    has_header: bool
    encoding: str

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column; "" where a row is too short."""
        return [row[column] if column < len(row) else "" for _, row in self.rows]


def is_table(path: Path) -> bool:
    """Say whether a file is a table: by its name, a .txt by the tabs of its lines."""
    if path.name.lower().endswith(SUFFIXES):
        return path.is_file()
    if path.suffix.lower() != ".txt" or not path.is_file():
        return False
    with path.open("rb") as file:
        lines = first_lines(file.read(START))[:50]
    tabs = {line.count("\t") for line in lines[:-1]}
    return len(lines) > 5 and len(tabs) == 1 and tabs != {0}


def read_table(path: Path, delimiter: str = "", *, sample: bool = False) -> TextTable:
    """Read a table of texts, from whatever program it comes.

    UTF-8, UTF-16 or Windows-1252, compressed by gzip or not. A quote is part of the
    text where every line has the same number of tabs; else it begins a cell that may
    hold delimiters and line breaks.

    Args:
        path: of the file.
        delimiter: between cells; "" to find it.
        sample: read the beginning alone, whatever is wrong with the rest.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: naming the line, for a file that is empty, no text, or has a quote
            that never ends.
    """
    text, encoding = _text(path, sample)
    if sample and text.count("\n") < FEW_LINES:  # one cell may be that long
        text, encoding = _text(path, sample=False)
    delimiter = _one_character(delimiter) or choose_delimiter(text[:SAMPLE], path)
    rows = _plain_rows(text, delimiter)
    if rows is None:
        rows = _quoted_rows(path, text, delimiter, strict=not sample)
    if sample and len(rows) > 2 and len(text) >= SAMPLE:
        rows = rows[:-1]
    if not rows:
        raise DataError(f"{path} is empty. Expected a column of texts and of labels.")
    has_header = _is_header(rows)
    width = max(len(row) for _, row in rows)
    names = tuple(name.strip() for name in rows[0][1]) if has_header else ()
    header = (*names, *(f"column {i + 1}" for i in range(len(names), width)))
    named = len(names) or width
    return TextTable(
        path, header, named, tuple(rows[has_header:]), has_header, encoding
    )


def choose_delimiter(text: str, path: Path) -> str:
    """Return the delimiter that cuts most rows into the same number of cells."""
    if ".tsv" in path.suffixes and "\t" in text:
        return "\t"

    def agreement(delimiter: str) -> float:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        csv.field_size_limit(LARGEST_CELL)
        widths = Counter(len(row) for row in reader if row)
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return count / widths.total() if width > 1 else 0.0

    return max(DELIMITERS, key=agreement) if text.strip() else ","


def _text(path: Path, sample: bool) -> tuple[str, str]:
    try:
        opened = gzip.open(path) if path.suffix == ".gz" else path.open("rb")
        with opened as file:
            content = file.read(SAMPLE if sample else -1)
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"Cannot read {path}: {why}.") from None
    if sample:  # the end may be the half of a character
        content = content[: content.rfind(b"\n") + 1] or content
    try:
        return decoded(content)
    except ValueError as error:
        raise DataError(
            f"{path} is no table of texts: {error}. Save it as 'CSV UTF-8'."
        ) from None


def _one_character(delimiter: str) -> str:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(delimiter) > 1 or delimiter in ('"', "\n", "\r"):
        raise ConfigError(
            "`data.options.delimiter` must be one character, such as ; or , or tab. "
            f"Received: {delimiter!r}"
        )
    return delimiter


def _plain_rows(text: str, delimiter: str) -> list[tuple[int, tuple[str, ...]]] | None:
    """Return one row per line where quotes need not be read, None elsewhere."""
    lines = text.split("\n")
    counts = {line.count(delimiter) for line in lines if line.strip()}
    if delimiter != "\t" and '"' in text or len(counts) > 1 or counts == {0}:
        return None
    return [
        (number, tuple(_unquoted(cell) for cell in line.strip("\r").split(delimiter)))
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _unquoted(cell: str) -> str:
    """Return a cell without the quotes around it, if they are a spreadsheet's."""
    inside = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        if '"' not in inside.replace('""', ""):
            return inside.replace('""', '"')
    return cell


def _quoted_rows(
    path: Path, text: str, delimiter: str, *, strict: bool
) -> list[tuple[int, tuple[str, ...]]]:
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=strict
    )
    rows: list[tuple[int, tuple[str, ...]]] = []
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((start, tuple(row)))
                if strict:
                    _refuse_swallowed(path, rows, delimiter)
            start = reader.line_num + 1
    except csv.Error as error:
        why = f"a quote that begins here never ends or is followed by text ({error})"
        raise _quote_error(path, start, why) from None
    return rows


def _refuse_swallowed(
    path: Path, rows: Sequence[tuple[int, tuple[str, ...]]], delimiter: str
) -> None:
    """Refuse a cell that holds lines which look like rows of the table."""
    (first, width), (line, row) = (rows[0][0], len(rows[0][1])), rows[-1]
    if line == first or width < 2:
        return
    for cell in row:
        inside = cell.split("\n")[1:-1]
        if len(inside) < SWALLOWED:
            continue
        alike = sum(part.count(delimiter) == width - 1 for part in inside)
        if alike == len(inside):
            why = f"a quoted cell that begins here holds {len(inside)} lines like rows"
            raise _quote_error(path, line, why)


def _quote_error(path: Path, line: int, why: str) -> DataError:
    return DataError(
        f'{path}, line {line}: {why}. Write a quote inside a quoted cell twice, "", '
        "or save the table with tabs between its cells."
    )


def _is_header(rows: Sequence[tuple[int, tuple[str, ...]]]) -> bool:
    """Say whether the first row names the columns: short names, found nowhere below."""
    first, below = rows[0][1], rows[1:]
    if any(len(cell.split()) > 4 or len(cell) > 60 for cell in first):
        return False
    for i, cell in enumerate(first):
        name = cell.strip().casefold()
        others = [row[i].strip().casefold() for _, row in below if i < len(row)]
        if name and others.count(name) > max(1, len(others) // 200):
            return False
        if _is_number(name):
            return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

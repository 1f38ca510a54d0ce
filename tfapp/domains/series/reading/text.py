"""Text files to rows of cells: encoding, delimiter and header."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.base.text_files import START, decoded, first_lines

DELIMITERS = ("\t", ";", ",", "|")
SAMPLE = 20
"""Lines that the delimiter is chosen by."""


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are still text.

    Args:
        name: of the file, for messages.
        header: one name a column.
        columns: cells of each column, stripped; all of one length.
        lines: line of the file, from 1, in which each row begins.
        delimiter: between cells.
        encoding: of the file.
    """

    name: str
    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str
    encoding: str

    def column(self, name: str) -> tuple[str, ...]:
        """Return the cells of a column by its name."""
        return self.columns[self.header.index(name)]


def read_text_table(path: Path, *, delimiter: str = "") -> TextTable:
    """Read a file of rows of cells, whatever spreadsheet it comes from.

    UTF-8 with or without mark, UTF-16 with one, else Windows-1252. The delimiter is
    the one of tab, semicolon, comma and bar that cuts most lines into equally many
    cells. Empty lines are passed over.

    Args:
        path: CSV or TSV file.
        delimiter: one character; "" to find it.

    Raises:
        DataError: naming the line, for a file that is empty, no text, has no data row,
            two columns of one name, or a row longer than its header.
    """
    text, encoding = _decoded(path)
    lines = text.splitlines(keepends=True)
    delimiter = delimiter or choose_delimiter(lines[:SAMPLE])
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    before = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                numbers.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}.") from error
    header = _header(path, rows, delimiter)
    _refuse_ragged(path, header, rows[1:], numbers[1:])
    padded = [row + [""] * (len(header) - len(row)) for row in rows[1:]]
    columns = tuple(zip(*padded, strict=True))
    table = TextTable(
        path.name, header, columns, tuple(numbers[1:]), delimiter, encoding
    )
    return _without_unnamed(table)


def read_rows(path: Path, count: int) -> list[tuple[str, ...]]:
    """Return the first rows of a file, the header among them; [] if it is no text."""
    try:
        with path.open("rb") as file:
            start = file.read(START)
    except OSError:
        return []
    lines = [line for line in first_lines(start)[:SAMPLE] if line.strip()]
    if not lines:
        return []
    rows = csv.reader(lines, delimiter=choose_delimiter(lines), skipinitialspace=True)
    return [tuple(cell.strip() for cell in row) for row in islice(rows, count)]


def choose_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts most lines into the same number of cells.

    Among equals the earlier one of `DELIMITERS`: numbers have commas inside, and no
    tabs.
    """
    lines = [line for line in lines if line.strip()]

    def agreement(delimiter: str) -> int:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        return sum(width == widths[0] for width in widths) if widths[0] > 1 else 0

    return max(DELIMITERS, key=agreement) if lines else ","


def _decoded(path: Path) -> tuple[str, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise DataError(
            f"{path} is empty. Expected a header and a row of numbers for each time."
        )
    try:
        return decoded(content)
    except ValueError:
        raise DataError(
            f"{path} is not a text file. Expected CSV; export it as CSV."
        ) from None


def _header(path: Path, rows: list[list[str]], delimiter: str) -> tuple[str, ...]:
    if len(rows) < 2:
        raise DataError(
            f"{path} has {len(rows)} row. Expected a header and a row for each time."
        )
    header = tuple(rows[0])
    if len(header) < 2:
        raise DataError(
            f"{path} has the single column {header[0]!r}. Expected a column of "
            "timestamps and at least one of numbers, cut by comma, semicolon or tab."
        )
    if doubled := sorted({n for n in header if n and header.count(n) > 1}):
        raise DataError(f"{path} has two columns named {doubled[0]!r}. Rename one.")
    return header


def _refuse_ragged(
    path: Path, header: tuple[str, ...], rows: list[list[str]], numbers: list[int]
) -> None:
    for row, number in zip(rows, numbers, strict=True):
        if len(row) > len(header) and any(row[len(header) :]):
            raise DataError(
                f"{path}, line {number}: {len(row)} cells, but the header names "
                f"{len(header)} columns. Decimal commas in a file cut by commas need "
                "quotes, or semicolons between the cells."
            )
        del row[len(header) :]


def _without_unnamed(table: TextTable) -> TextTable:
    """Drop unnamed empty columns, and call an unnamed first one "index"."""
    header = list(table.header)
    if not header[0]:
        header[0] = "index"
    keep = [
        i for i, name in enumerate(header) if name or any(c for c in table.columns[i])
    ]
    for i in keep:
        header[i] = header[i] or f"column {i + 1}"
    return TextTable(
        table.name,
        tuple(header[i] for i in keep),
        tuple(table.columns[i] for i in keep),
        table.lines,
        table.delimiter,
        table.encoding,
    )

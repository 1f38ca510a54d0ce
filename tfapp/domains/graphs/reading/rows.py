"""A CSV file to rows of cells, each with its line."""

import csv
from dataclasses import dataclass
from pathlib import Path

from tfapp.base.csv_cells import plain_cell
from tfapp.base.errors import DataError
from tfapp.base.text_files import decoded

DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Rows:
    """A table of texts.

    Args:
        name: of the file, for messages.
        header: names of the columns.
        cells: of each row, as many as the header has.
        lines: line of the file, from 1, of each row.
    """

    name: str
    header: list[str]
    cells: list[list[str]]
    lines: list[int]

    def find(self, names: tuple[str, ...]) -> int:
        """Return the number of the first column with one of some names, -1 if none."""
        folded = [name.casefold() for name in self.header]
        places = (folded.index(name) for name in names if name in folded)
        return next(places, -1)

    def column(self, number: int) -> list[str]:
        """Return the cells of a column."""
        return [row[number] for row in self.cells]


def read_rows(path: Path) -> Rows:
    """Read a file of cells; its delimiter is the most frequent one of its first line.

    Raises:
        DataError: if it is empty or no text, has two columns of one name, or a row has
            another number of cells than the header.
    """
    try:
        text, _ = decoded(path.read_bytes())
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise DataError(f"{path} is empty. Expected a header and rows.")
    reader = csv.reader(lines, delimiter=max(DELIMITERS, key=first.count))
    rows, numbers = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([plain_cell(cell.strip()) for cell in row])
                numbers.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}.") from error
    return _checked(path, rows, numbers)


def _checked(path: Path, rows: list[list[str]], lines: list[int]) -> Rows:
    header = rows[0]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"{path}: two columns are called {twice[0]!r}. Rename one.")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(row)} cells. Expected {len(header)}, as "
                "the header has."
            )
    return Rows(path.name, header, rows[1:], lines[1:])

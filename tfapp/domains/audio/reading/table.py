"""Tables that name recordings and what is said in them: transcripts.csv."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.base.names import find_path, folded
from tfapp.base.text_files import decoded
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.audio.reading.spec import Listing, Recording, is_recording

PATH_NAMES = ("path", "file", "filename", "file_name", "audio", "wav", "recording")
TEXT_NAMES = ("text", "transcript", "transcription", "sentence", "words", "utterance")
LABEL_NAMES = ("label", "class", "category", "target")
SPEAKER_NAMES = ("speaker", "speaker_id", "client_id", "voice")
TABLE_NAMES = ("transcripts.csv", "transcripts.tsv", "metadata.csv", "labels.csv")
"""Of a table in a folder of recordings."""
TABLE_SUFFIXES = (".csv", ".tsv")
DELIMITERS = ",;\t|"


def table_in(folder: Path) -> Path | None:
    """Return the table of a folder of recordings, None without."""
    return next((p for n in TABLE_NAMES if (p := folder / n).is_file()), None)


def reads_recordings(path: Path) -> bool:
    """Return whether the first rows of a table name recordings."""
    try:
        rows = _rows(path, most=20)
    except DataError:
        return False
    return any(is_recording(cell) for row in rows[1:] for cell in row)


def read_table(path: Path) -> Listing:
    """Return the recordings that a table lists.

    Args:
        path: of a table with a header; its columns are `path`, `text` (what is said)
            or `label` (a class), and where they are there `speaker` and `split`.

    Raises:
        DataError: if a column is missing, or a row is incomplete.
    """
    header, *rows = _rows(path)
    columns = {folded(name.strip()): i for i, name in enumerate(header)}
    file = _column(columns, PATH_NAMES)
    text, label = _column(columns, TEXT_NAMES), _column(columns, LABEL_NAMES)
    answer = label if text is None else text
    if file is None or answer is None:
        raise DataError(
            f"{path}: expected the columns `path` and `text` (what is said) or `label` "
            f"(a class). Received: {header}."
        )
    speaker, split = _column(columns, SPEAKER_NAMES), columns.get("split")
    recordings = []
    for line, row in enumerate(rows, start=2):
        cells = [*(cell.strip() for cell in row), *[""] * (len(header) - len(row))]
        if not any(cells):
            continue
        if not cells[file] or not cells[answer]:
            raise DataError(
                f"{path}, line {line}: the row has no "
                f"{header[file if not cells[file] else answer]!r}. Fill it, or remove "
                "the row."
            )
        own = "" if split is None else _split(path, line, cells[split])
        voice = "" if speaker is None else cells[speaker]
        place = find_path(path.parent, cells[file])
        recordings.append(Recording(place, cells[answer], voice, own))
    if not recordings:
        raise DataError(f"{path} lists no recording.")
    name = header[answer]
    listed = tuple(recordings)
    return Listing(path.parent, listed, text is not None, f"column {name!r}")


def _column(columns: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((columns[name] for name in names if name in columns), None)


def _split(path: Path, line: int, cell: str) -> str:
    if cell.lower() not in ("", *SPLIT_FOLDERS):
        raise DataError(
            f"{path}, line {line}: unknown split {cell!r}. Expected one of "
            f"{sorted(SPLIT_FOLDERS)}, or nothing in every row."
        )
    return SPLIT_FOLDERS.get(cell.lower(), "")


def _rows(path: Path, most: int = 0) -> list[list[str]]:
    """Return header and rows of a table.

    Raises:
        DataError: if it is no text, or empty.
    """
    try:
        text, _ = decoded(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {path} as text: {error}.") from None
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    for row in reader:
        rows.append(row)
        if len(rows) == most:
            break
    if not rows:
        raise DataError(f"{path} is empty. Expected a header and a row per recording.")
    return rows

"""Folders of texts: one for each class, a table for each split, .pos and .neg."""

from collections.abc import Iterator
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.base.text_files import decoded
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.text.reading.table import SUFFIXES, is_table

POLARITIES = {".pos": "positive", ".neg": "negative", ".neu": "neutral"}
"""Ending of a file of one text per line → its class."""
OTHER_FILES = (".txt", ".md", ".tsv", ".csv", ".json", ".html", ".feat", ".vocab", "")
"""Of files that may lie next to texts; anything else is another kind of data."""


def polarity_files(folder: Path) -> dict[Path, str]:
    """Return file → class for NAME.pos, NAME.neg and NAME.neu, {} without two."""
    files = {
        path: POLARITIES[path.suffix.lower()]
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in POLARITIES and path.is_file()
    }
    return files if len(set(files.values())) > 1 else {}


def split_tables(folder: Path) -> dict[str, Path]:
    """Return split → table of a folder with train.csv, dev.tsv, test.csv.gz and so on.

    {} unless there is one to train on, and no split has two.
    """
    tables: dict[str, Path] = {}
    for path in sorted(filter(is_table, folder.iterdir())):
        split = SPLIT_FOLDERS.get(_stem(path).lower(), "")
        if not split or split in tables:
            return {}
        tables[split] = path
    return tables if "train" in tables else {}


def text_folders(folder: Path) -> dict[Path, tuple[str, str]]:
    """Return folder → (split, class) of class folders with .txt files.

    Folders of splits may lie above those of the classes. {} if there are no two
    classes, or pictures and the like lie among the texts.
    """
    own = _subfolders(folder)
    splits = [path for path in own if path.name.lower() in SPLIT_FOLDERS]
    pairs = [("", path) for path in own]
    if splits and len(splits) == len(own):
        pairs = [
            (SPLIT_FOLDERS[split.name.lower()], path)
            for split in splits
            for path in _subfolders(split)
        ]
    found = {p: (split, p.name) for split, p in pairs if _holds_texts(p)}
    return found if len({name for _, name in found.values()}) > 1 else {}


def text_files(folder: Path) -> list[Path]:
    """Return the .txt files of a class folder, at any depth, in order."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() == ".txt"
        and path.is_file()
        and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of every line that is not blank.

    Raises:
        DataError: if the file is no text.
    """
    try:
        text, _ = decoded(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {path} as text: {error}.") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def _stem(path: Path) -> str:
    name = path.name.lower()
    return next(name.removesuffix(s) for s in SUFFIXES if name.endswith(s))


def _subfolders(folder: Path) -> list[Path]:
    visible = (p for p in sorted(folder.iterdir()) if not p.name.startswith("."))
    return [path for path in visible if path.is_dir()]


def _holds_texts(folder: Path) -> bool:
    """Say whether there are .txt files, and no files of another kind."""
    suffixes = {
        path.suffix.lower()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    return ".txt" in suffixes and suffixes <= set(OTHER_FILES)

"""Files and folders of tagged sentences."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.base.text_files import START, decoded, first_lines
from tfapp.data.faults import Problem
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.text.labelling.evaluation.spans import marks_spans
from tfapp.domains.text.labelling.reading.columns import parse_columns
from tfapp.domains.text.labelling.reading.conllu import parse_conllu
from tfapp.domains.text.labelling.reading.iob_lines import (
    is_iob_line,
    parse_iob_lines,
)
from tfapp.domains.text.labelling.reading.spec import Parse, Sentence, TaggedFile

SUFFIXES = (".conllu", ".conll", ".iob", ".iob2", ".bio", ".conll2003")
"""Of files of tagged sentences, each also with .gz behind it."""
PLAIN_SUFFIXES = (".txt", ".tsv", ".data")
"""Of files that may hold columns of tagged sentences, or something else."""
CONLLU = ".conllu"
FIRST = 20
"""Lines by which the form of a file is recognised."""


@dataclass(frozen=True)
class TaggedSet:
    """The sentences of all files, each with the split that its file names.

    Args:
        name: of the file or the folder.
        root: folder that the files lie in.
        files: split, "" where the name has none, and content of each.
    """

    name: str
    root: Path
    files: tuple[tuple[str, TaggedFile], ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every finding."""
        return tuple(chain.from_iterable(file.problems for _, file in self.files))

    @property
    def blocks(self) -> int:
        """Number of sentences with those left out."""
        return sum(file.blocks for _, file in self.files)

    @property
    def sentences(self) -> Iterator[tuple[str, str, Sentence]]:
        """Yield (split, file, sentence) in their order."""
        for split, file in self.files:
            for sentence in file.sentences:
                yield split, file.name, sentence

    @property
    def spans(self) -> bool:
        """Whether the tags mark spans: "O", and others that begin with B- or I-."""
        return marks_spans({tag for _, _, s in self.sentences for tag in s.tags})


def tagged_files(place: Path) -> list[Path]:
    """Return the files of tagged sentences at a place, [] if there is none."""
    if place.is_file():
        return [place] if is_tagged(place) else []
    if not place.is_dir():
        return []
    visible = (p for p in sorted(place.iterdir()) if not p.name.startswith("."))
    return [path for path in visible if path.is_file() and is_tagged(path)]


def is_tagged(path: Path) -> bool:
    """Return whether a file holds tagged sentences, by its name or its first lines.

    A text or a table does if every line of its beginning that is not empty has several
    columns, the last one a tag such as O, B-city or I-city.
    """
    if has_suffix(path):
        return True
    if path.suffix.lower() not in PLAIN_SUFFIXES:
        return False
    with path.open("rb") as file:
        lines = first_lines(file.read(START))[:-1]
    rows = [line.split() for line in lines if line.strip()]
    tags = {row[-1] for row in rows if len(row) > 1}
    return bool(rows) and min(map(len, rows)) > 1 and marks_spans(tags)


def has_suffix(path: Path) -> bool:
    """Return whether a name ends like one of a file of tagged sentences."""
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def read_set(place: Path, column: str = "") -> TaggedSet:
    """Read a file, or the files of a folder.

    Args:
        place: a file, or a folder with files whose names hold "train", "dev" or "test".
        column: of the tags; "" for the usual one.

    Raises:
        ConfigError: if a file has no such column.
        DataError: if nothing can be read, no sentence is left, or all tags are alike.
    """
    paths = tagged_files(place) or ([place] if place.is_file() else [])
    if not paths:
        raise DataError(
            f"{place}: no file of tagged sentences. Expected one that ends in "
            f"{', '.join(SUFFIXES)}, or a folder with such."
        )
    splits = [split_of(path) if place.is_dir() else "" for path in paths]
    if len(paths) > 1:
        _require_splits(place, paths, splits)
    files = [read_file(path, column) for path in paths]
    tagged = TaggedSet(
        place.name, paths[0].parent, tuple(zip(splits, files, strict=True))
    )
    tags = {tag for _, _, sentence in tagged.sentences for tag in sentence.tags}
    if len(tags) < 2:
        first = tagged.problems[0] if tagged.problems else ""
        why = f"every token has the tag {tags.pop()!r}" if tags else f"nothing: {first}"
        raise DataError(
            f"{place}: {why}. Expected sentences with two or more different tags."
        )
    return tagged


def read_file(path: Path, column: str = "") -> TaggedFile:
    """Read one file, whatever its form.

    Raises:
        DataError: if it cannot be read, is empty or no text.
    """
    lines = list(enumerate(text_of(path).splitlines(), start=1))
    return _parser(path, [line for _, line in lines[:FIRST]])(path.name, lines, column)


def text_of(path: Path) -> str:
    """Return the text of a file, unpacked.

    Raises:
        DataError: if it cannot be read, is empty or no text.
    """
    try:
        content = path.read_bytes()
        packed = path.suffix.lower() == ".gz"
        text, _ = decoded(gzip.decompress(content) if packed else content)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"Cannot read {path}: {error}.") from error
    if not text.strip():
        raise DataError(f"{path} is empty. Expected sentences with tags.")
    return text


def split_of(path: Path) -> str:
    """Return the split that a file's name holds, "" without: "en_ewt-ud-dev.conllu"."""
    words = re.split(r"[^a-z]+", path.name.lower())
    return next((SPLIT_FOLDERS[w] for w in words if w in SPLIT_FOLDERS), "")


def _parser(path: Path, first: list[str]) -> Parse:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(CONLLU):
        return parse_conllu
    filled = [line for line in first if line.strip()]
    if filled and is_iob_line(filled[0]):
        return parse_iob_lines
    return parse_columns


def _require_splits(place: Path, paths: list[Path], splits: list[str]) -> None:
    """Refuse a folder whose files do not divide themselves."""
    if "" in splits or "train" not in splits:
        odd = paths[splits.index("")].name if "" in splits else paths[0].name
        raise DataError(
            f"{place}: {len(paths)} files of tagged sentences, and {odd} is of no "
            "known split. Expected names with train, dev and test in them, and one "
            "to train on."
        )


def cut(sentence: Sentence, most: int) -> Iterator[Sentence]:
    """Yield a sentence in pieces of at most so many tokens."""
    for start in range(0, len(sentence.tokens), most):
        part = slice(start, start + most)
        yield replace(sentence, tokens=sentence.tokens[part], tags=sentence.tags[part])

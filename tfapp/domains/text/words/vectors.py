"""Vectors of words from a file: GloVe and fastText text, word2vec binary, NumPy."""

import gzip
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.place import expand_path

FORMS = (
    "a .txt, .vec or .txt.gz of lines `word number number …`, a .bin of word2vec, or a "
    ".npy (words, numbers) with a file of the same name and the ending .words.txt or "
    ".txt, a word a line"
)
LONGEST_WORD = 1000
SPREAD = 0.25
"""Words without a vector begin with uniform random numbers up to this, as Kim's."""


@dataclass(frozen=True)
class WordVectors:
    """Vectors of some words.

    Args:
        words: as the file spells them, in its order: the most frequent first.
        values: float32 array (words, dims).
        name: of the file.
    """

    words: tuple[str, ...]
    values: np.ndarray
    name: str

    @property
    def dims(self) -> int:
        """Numbers of a vector."""
        return int(self.values.shape[1])

    def rows(self, words: Sequence[str], first: int, seed: int = 0) -> np.ndarray:
        """Return a vector for each word, random for those that the file lacks.

        Args:
            words: of the vocabulary.
            first: number of the first of them; the rows before it are zeros.
            seed: of the random vectors.

        Returns:
            float32 array (first + len(words), dims).
        """
        place = {word: row for row, word in enumerate(self.words)}
        generator = np.random.default_rng(seed)
        shape = (first + len(words), self.dims)
        rows = generator.uniform(-SPREAD, SPREAD, shape).astype(np.float32)
        rows[:first] = 0
        for number, word in enumerate(words, start=first):
            if word in place:
                rows[number] = self.values[place[word]]
        return rows

    def coverage(self, words: Sequence[str], texts: Sequence[Sequence[str]]) -> str:
        """Return in one line how much of some texts has a vector.

        Args:
            words: different words of the texts.
            texts: the words of each.
        """
        own = set(self.words)
        different = sum(word in own for word in words)
        running = sum(map(len, texts))
        covered = sum(word in own for text in texts for word in text)
        return (
            f"{self.name}: vectors of {self.dims} numbers for {different:,} of "
            f"{len(words):,} different words, {covered / max(1, running):.1%} of the "
            "words in the training texts; the others begin at random"
        )


def read_vectors(
    place: str, words: Collection[str] = (), further: int = 0
) -> WordVectors:
    """Read the vectors of some words, and of the first others of the file.

    Args:
        place: file, with ~ and $VARIABLES.
        words: whose vectors are wanted.
        further: other words to read, from the beginning of the file.

    Raises:
        ConfigError: for a variable that is not set.
        DataError: if the file is of another form, naming the line where there is one.
    """
    path = Path(expand_path(place))
    if not path.is_file():
        raise DataError(f"Word vectors: there is no file {path}. Expected {FORMS}.")
    read = _read_npy if path.suffix == ".npy" else _read_text
    read = _read_binary if path.suffix == ".bin" else read
    wanted, chosen, rows = set(words), list[str](), list[np.ndarray]()
    try:
        for word, row in read(path):
            if word in wanted:
                wanted.discard(word)
            elif further > 0:
                further -= 1
            else:
                continue
            chosen.append(word)
            rows.append(row)
    except (OSError, EOFError) as error:
        raise DataError(f"Word vectors: cannot read {path}: {error}.") from None
    if not rows:
        raise DataError(
            f"Word vectors: {path} holds none of the {len(words)} words of the texts. "
            "Is it of another language, or are its words in capital letters?"
        )
    values = np.asarray(rows, np.float32)
    if not np.isfinite(values).all():
        raise DataError(f"Word vectors: {path} holds numbers that are not finite.")
    return WordVectors(tuple(chosen), values, path.name)


def _read_text(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield words and vectors of a text file; a first line of two counts is skipped."""
    dims = 0
    opened = gzip.open(path) if path.suffix == ".gz" else path.open("rb")
    with opened as file:
        for number, line in enumerate(file, start=1):
            word, *cells = line.decode("utf-8", errors="replace").rstrip().split(" ")
            if number == 1 and len(cells) == 1 and word.isdigit():
                continue
            dims = dims or len(cells)
            try:
                row = np.array(cells, np.float32)
            except ValueError:
                row = np.zeros(0, np.float32)
            if len(row) != dims or dims < 2:
                raise DataError(
                    f"Word vectors: {path}, line {number}: expected a word and "
                    f"{dims or 'several'} numbers with single spaces between. "
                    f"Received: {line[:60]!r}"
                )
            yield word, row


def _read_binary(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield words and vectors of word2vec's binary form: "count dims", then records."""
    with path.open("rb") as file:
        try:
            count, dims = map(int, file.readline(100).split())
        except ValueError:
            raise DataError(
                f"Word vectors: {path} does not begin with `count dims`, as a .bin of "
                f"word2vec does. Expected {FORMS}."
            ) from None
        for number in range(1, count + 1):
            word, content = _word(file), file.read(4 * dims)
            if word is None or len(content) < 4 * dims:
                raise DataError(
                    f"Word vectors: {path} ends in record {number} of {count}: it is "
                    "cut off. Copy it again."
                )
            yield word, np.frombuffer(content, "<f4")


def _word(file: BinaryIO) -> str | None:
    """Return the text before the next space, None at the end of the file."""
    found = bytearray()
    while (one := file.read(1)) != b" ":
        if not one or len(found) > LONGEST_WORD:
            return None
        found += one
    return found.lstrip(b"\n").decode("utf-8", errors="replace")


def _read_npy(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield words and vectors of an array and the list of words next to it."""
    lists = [path.with_suffix(".words.txt"), path.with_suffix(".txt")]
    # glove.f16.npy may have its words in glove.words.txt: parts of its name go.
    stem = path
    while stem.suffix:
        stem = stem.with_suffix("")
        lists += [Path(f"{stem}.words.txt"), Path(f"{stem}.txt")]
    listing = next((file for file in lists if file.is_file()), None)
    if listing is None:
        raise DataError(
            f"Word vectors: next to {path} there is no list of its words. Expected "
            f"{lists[0].name}, a word a line."
        )
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise DataError(f"Word vectors: {path} is no NumPy array: {error}.") from None
    words = listing.read_text(encoding="utf-8").split("\n")
    words = words[:-1] if words[-1] == "" else words
    if values.ndim != 2 or len(values) != len(words):
        raise DataError(
            f"Word vectors: {path} has the shape {values.shape}, and {listing.name} "
            f"{len(words)} lines. Expected an array (words, numbers)."
        )
    for word, row in zip(words, values, strict=True):
        yield word, np.asarray(row, np.float32)

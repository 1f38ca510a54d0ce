"""What a file of tagged sentences holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tfapp.data.faults import Problem

OUTSIDE = "O"
"""The tag of a token that belongs to no span."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with a tag for every token.

    Args:
        tokens: its words and punctuation marks, none empty.
        tags: as many as tokens.
        intent: of the whole sentence, "" without.
        line: number of its first line in the file, from 1.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    intent: str = ""
    line: int = 0


@dataclass(frozen=True)
class TaggedFile:
    """The sentences of one file, and what is wrong with it.

    Args:
        name: of the file.
        sentences: in their order.
        problems: every finding.
        blocks: number of sentences with those left out.
    """

    name: str
    sentences: tuple[Sentence, ...]
    problems: tuple[Problem, ...]
    blocks: int


Parse = Callable[[str, Iterable[tuple[int, str]], str], TaggedFile]
"""Name of a file, its numbered lines, and the column of the tags → its sentences."""


def left_out(name: str, line: int, kind: str, detail: str) -> Problem:
    """Return the finding that a sentence is not used."""
    return Problem(f"{name}, line {line}", kind, "left out", detail)

"""How an answer differs from what is said: tokens exchanged, added and left out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Mistakes(NamedTuple):
    """The fewest changes that make an answer of a text.

    Args:
        substitutions: pairs of what is said and what is answered for it.
        insertions: tokens that are answered and not said.
        deletions: tokens that are said and not answered.
    """

    substitutions: tuple[tuple[str, str], ...]
    insertions: tuple[str, ...]
    deletions: tuple[str, ...]

    @property
    def total(self) -> int:
        """Number of changes."""
        return len(self.substitutions) + len(self.insertions) + len(self.deletions)


def mistakes_of(said: Sequence[str], answered: Sequence[str]) -> Mistakes:
    """Return the mistakes of an answer.

    Of equally few changes, deletions are taken first, from the end on, and insertions
    last, as the packages rapidfuzz and jiwer do.

    Args:
        said: tokens that are right.
        answered: tokens of the answer.

    Reference:
        Levenshtein, Binary Codes Capable of Correcting Deletions, Insertions, and
        Reversals, 1966.
    """
    start = _common(said, answered)
    said, answered = said[start:], answered[start:]
    end = _common(said[::-1], answered[::-1])
    said, answered = said[: len(said) - end], answered[: len(answered) - end]
    costs = _costs(said, answered)
    row, column = len(said), len(answered)
    exchanged, added, left_out = [], [], []
    while row and column:
        if costs[row - 1, column] + 1 == costs[row, column]:
            row -= 1
            left_out.append(said[row])
        elif costs[row, column - 1] < costs[row - 1, column - 1]:
            column -= 1
            added.append(answered[column])
        else:
            row, column = row - 1, column - 1
            if said[row] != answered[column]:
                exchanged.append((said[row], answered[column]))
    return Mistakes(
        tuple(exchanged),
        (*added, *answered[:column]),
        (*left_out, *said[:row]),
    )


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _costs(said: Sequence[str], answered: Sequence[str]) -> np.ndarray:
    """Return the fewest changes from each beginning to each other one."""
    costs = np.zeros((len(said) + 1, len(answered) + 1), np.int64)
    costs[:, 0], costs[0] = range(len(said) + 1), range(len(answered) + 1)
    for row, token in enumerate(said, start=1):
        for column, other in enumerate(answered, start=1):
            costs[row, column] = min(
                costs[row - 1, column] + 1,
                costs[row, column - 1] + 1,
                costs[row - 1, column - 1] + (token != other),
            )
    return costs

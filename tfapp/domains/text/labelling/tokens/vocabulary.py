"""The words, characters and parts of words that training sentences hold."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

RARE = 1
"""Occurrences up to which a part of a word is left out: it says too little."""


@dataclass(frozen=True)
class Vocabulary:
    """What has an id of its own; 0 is padding, 1 everything else.

    Args:
        words: normalised, see `features.normalized`; ids from 2.
        characters: ids from 2.
        pieces: affixes and shapes with their place, such as "s3ing"; ids from 2.
        vectors: words of the file of word vectors, whose ids follow from 2; () without.
    """

    words: tuple[str, ...]
    characters: tuple[str, ...]
    pieces: tuple[str, ...]
    vectors: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description; words that hold no space, joined by it."""
        return {
            "words": list(self.words),
            "characters": "".join(self.characters),
            "pieces": list(self.pieces),
            "vectors": list(self.vectors),
        }


def read_vocabulary(described: Mapping[str, Any]) -> Vocabulary:
    """Return what `Vocabulary.describe` wrote."""
    return Vocabulary(
        *(tuple(described[n]) for n in ("words", "characters", "pieces", "vectors"))
    )


def by_frequency(values: Iterable[str], least: int = 1) -> tuple[str, ...]:
    """Return the different values that occur so often, the most frequent first."""
    counts = Counter(values)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(value for value, count in ordered if value and count >= least)


def texts(array: np.ndarray) -> list[str]:
    """Return an array of bytes as texts, in one flat list."""
    return [value.decode("utf-8", "replace") for value in array.ravel().tolist()]

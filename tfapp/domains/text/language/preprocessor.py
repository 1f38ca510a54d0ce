"""Texts to ids of characters, in TensorFlow operations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.lookup import HoldsTables, lookup_table
from tfapp.domains.text.language.kneser_ney import MOST_SYMBOLS

TEXT = "text"
OTHER = 0
"""Id of every character that training does not have; the others follow."""
LONGEST_PROMPT = 512
"""Characters of a prompt that are read, its last ones."""


@dataclass(frozen=True, eq=False)
class CharacterPreprocessor(HoldsTables):
    """Ids of the characters of a prompt, behind a new line.

    Args:
        symbols: the characters, in the order of their ids from 1.
    """

    symbols: tuple[str, ...]

    media_type = "text/plain"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends: "text", string (batch,)."""
        return {TEXT: tf.TensorSpec((None,), tf.string)}

    @property
    def size(self) -> int:
        """Number of ids."""
        return len(self.symbols) + 1

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return the ids, int32 (batch, length), 0 behind the end."""
        return self.ragged(raw).to_tensor(OTHER)

    def ragged(self, raw: Mapping[str, Any]) -> Any:
        """Return the ids, a ragged int32 tensor (batch, length of each)."""
        points = tf.strings.unicode_decode(raw[TEXT], "UTF-8")[:, -LONGEST_PROMPT:]
        begin = tf.fill([tf.shape(raw[TEXT])[0], 1], ord("\n"))
        whole = tf.concat([begin, points], axis=1)
        return whole.with_flat_values(self._table.lookup(whole.flat_values))

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description; see `read_preprocessor`."""
        return {"symbols": "".join(self.symbols)}

    def ids(self, text: str) -> np.ndarray:
        """Return the ids of a text, int32 (characters,)."""
        place = {symbol: i for i, symbol in enumerate(self.symbols, start=1)}
        return np.array([place.get(c, OTHER) for c in text], np.int32)

    def names(self) -> list[str]:
        """Return the characters by id, U+FFFD for others."""
        return ["\ufffd", *self.symbols]

    @cached_property
    def _table(self) -> Any:
        points = [ord(symbol) for symbol in self.symbols]
        return lookup_table(points, range(1, self.size), OTHER, tf.int32)


def learn_symbols(text: Sequence[str]) -> tuple[str, ...]:
    """Return the most frequent characters of a text, in their own order."""
    counts = Counter(text).most_common(MOST_SYMBOLS - 1)
    return tuple(sorted(symbol for symbol, _ in counts))


def read_preprocessor(described: Mapping[str, Any]) -> CharacterPreprocessor:
    """Return what `CharacterPreprocessor.describe` wrote."""
    return CharacterPreprocessor(tuple(described["symbols"]))

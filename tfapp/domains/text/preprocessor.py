"""Raw strings to the numbers of their words, in TensorFlow operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from tfapp.data.lookup import HoldsTables, lookup_table
from tfapp.domains.text.words.tokenizers import tokenizer
from tfapp.domains.text.words.vocabulary import FIRST_WORD, UNKNOWN


@dataclass(frozen=True)
class TextPreprocessor(HoldsTables):
    """Cut texts into words and look up their numbers; the vocabulary is in the graph.

    Args:
        words: of the vocabulary; the first has the number `FIRST_WORD`.
        length: words of a text that the network sees; shorter texts are filled up with
            zeros, of longer ones the beginning counts.
        cut: name of the tokenizer, one of `TOKENIZERS`.
    """

    words: tuple[str, ...]
    length: int
    cut: str = "words"

    media_type = "text/plain"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends."""
        return {"text": tf.TensorSpec((None,), tf.string)}

    @property
    def num_values(self) -> int:
        """How many different numbers there are, padding and unknown words included."""
        return FIRST_WORD + len(self.words)

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return the numbers of the words, int32 (batch, length)."""
        words = self.cut_texts(raw)
        rows = words.with_flat_values(self._table.lookup(words.flat_values))
        return rows.to_tensor(shape=(None, self.length))

    def cut_texts(self, raw: Mapping[str, Any]) -> Any:
        """Return the words themselves, ragged string (batch, words)."""
        return tokenizer(self.cut)(tf.convert_to_tensor(raw["text"]))

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return {"words": list(self.words), "length": self.length, "cut": self.cut}

    @cached_property
    def _table(self) -> Any:
        numbers = range(FIRST_WORD, self.num_values)
        return lookup_table(self.words, numbers, UNKNOWN, tf.string)


def read_preprocessor(description: Mapping[str, Any]) -> TextPreprocessor:
    """Return the preprocessor that `describe` described."""
    words = tuple(description["words"])
    return TextPreprocessor(words, description["length"], description["cut"])

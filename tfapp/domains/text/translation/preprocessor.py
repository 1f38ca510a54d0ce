"""Texts to ids of their characters or words, in TensorFlow operations."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.lookup import HoldsTables, lookup_table
from tfapp.domains.text.translation.losses import UNKNOWN as UNKNOWN_TARGET
from tfapp.domains.text.words.tokenizers import tokenizer
from tfapp.domains.text.words.vocabulary import FIRST_WORD, PADDING, UNKNOWN

TEXT = "text"
JOINTS = {"characters": "", "spaces": " "}
"""What stands between the symbols of a text, by the way it is cut."""
FIRST_SYMBOL = 1
"""Id of the first symbol of an answer; 0 ends it."""


@dataclass(frozen=True)
class PairPreprocessor(HoldsTables):
    """Cut texts into symbols and look up their ids; answers are made of symbols too.

    Args:
        source: symbols of the texts that are read.
        target: symbols of the answers.
        cut: "characters", or "spaces" for what stands between spaces.
        longest: symbols of a text that are read; the rest of a longer one is not.
        longest_answer: symbols of an answer, without its end.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    cut: str
    longest: int
    longest_answer: int

    media_type = "text/plain"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends: "text", string (batch,)."""
        return {TEXT: tf.TensorSpec((None,), tf.string)}

    @property
    def names(self) -> list[str]:
        """The symbols of answers by id, "" for the end."""
        return ["", *self.target]

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return the ids, int32 (batch, places), 0 behind the end of a text."""
        return self.ids_of(self.symbols(raw))

    def symbols(self, raw: Mapping[str, Any]) -> Any:
        """Return the symbols themselves, string (batch, places), "" behind the end."""
        pieces = tokenizer(self.cut)(tf.convert_to_tensor(raw[TEXT]))
        return pieces[:, : self.longest].to_tensor("")

    def ids_of(self, symbols: Any) -> Any:
        """Return the ids of symbols; a text without any has an unknown one."""
        width = tf.shape(symbols)[1]
        symbols = tf.pad(symbols, [[0, 0], [0, tf.maximum(0, 1 - width)]])
        empty = tf.equal(tf.reduce_max(tf.strings.length(symbols), 1), 0)
        first = tf.range(tf.shape(symbols)[1]) == 0
        lost = empty[:, tf.newaxis] & first[tf.newaxis]
        return tf.where(lost, UNKNOWN, self._table.lookup(symbols))

    def source_ids(self, symbols: Sequence[str]) -> np.ndarray:
        """Return the ids of the symbols of one text, int32 (symbols,)."""
        return _looked_up(symbols, self._sources, UNKNOWN)

    def target_ids(self, symbols: Sequence[str]) -> np.ndarray:
        """Return the ids of one answer, and of its end behind it, int32."""
        ids = _looked_up(symbols, self._targets, UNKNOWN_TARGET)
        return np.append(ids, np.int32(0))

    def text_of(self, symbols: Sequence[str]) -> str:
        """Return the text that symbols make."""
        return JOINTS[self.cut].join(symbols)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description; see `read_preprocessor`."""
        return asdict(self)

    @cached_property
    def _sources(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.source, start=FIRST_WORD)}

    @cached_property
    def _targets(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.target, start=FIRST_SYMBOL)}

    @cached_property
    def _table(self) -> Any:
        ids = [PADDING, *self._sources.values()]
        return lookup_table(["", *self.source], ids, UNKNOWN, tf.string)


def _looked_up(
    symbols: Sequence[str], places: Mapping[str, int], unknown: int
) -> np.ndarray:
    return np.array([places.get(s, unknown) for s in symbols] or [unknown], np.int32)


def read_preprocessor(described: Mapping[str, Any]) -> PairPreprocessor:
    """Return what `PairPreprocessor.describe` wrote."""
    lists = {name: tuple(described[name]) for name in ("source", "target")}
    return PairPreprocessor(**{**described, **lists})

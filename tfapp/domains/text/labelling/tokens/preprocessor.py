"""Raw sentences to the ids that a network sees, in TensorFlow operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from tfapp.data.lookup import HoldsTables, lookup_table
from tfapp.domains.text.labelling.tokens import features
from tfapp.domains.text.labelling.tokens.vocabulary import Vocabulary, read_vocabulary

TEXT = "text"
SEPARATOR = "\t"
"""Between tokens of a sentence that the client has divided itself."""
MARK = "\x1f"
"""Between tokens inside the graph: the unit separator of ASCII."""
UNKNOWN = 1
OPENING = r"""["'(\[{<“‘«¿¡$#£€]"""
CLOSING = r"""["'’”»)\]}>%]"""
STOPS = r"[.,;:!?…。！？、，]"
CLITICS = r"(?i)(n['’]t|['’](?:s|re|ve|ll|d|m))$"


@dataclass(frozen=True, eq=False)
class SentencePreprocessor(HoldsTables):
    """Divide sentences into tokens and look their parts up.

    A sentence with a tab in it is divided at tabs alone: a client that has tokens
    sends them so, with a tab behind a single one. Any other is divided at white space
    and, where that gives no word of the training data, marks are parted from both ends
    and English clitics from the end.

    Args:
        vocabulary: of the training sentences.
    """

    vocabulary: Vocabulary

    media_type = "text/plain"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends: "text", string (batch,)."""
        return {TEXT: tf.TensorSpec((None,), tf.string)}

    def __call__(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the network's inputs, see `of_tokens`."""
        return self.of_tokens(self.tokens(raw))

    @property
    def sizes(self) -> dict[str, int]:
        """Name of an input → number of its ids, with padding and the unknown one."""
        found = {"words": self.vocabulary.words, "pieces": self.vocabulary.pieces}
        found["characters"] = self.vocabulary.characters
        found["vectors"] = self.vocabulary.vectors
        return {name: len(values) + 2 for name, values in found.items()}

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description; see `read_preprocessor`."""
        return self.vocabulary.describe()

    def tokens(self, raw: Mapping[str, Any]) -> Any:
        """Return the tokens, string (batch, length), "" behind the end.

        A sentence without one gets "" as its only token, so that no length is 0.
        """
        text = tf.convert_to_tensor(raw[TEXT])
        divided = tf.strings.split(text, SEPARATOR)
        given = tf.strings.regex_full_match(text, "(?s).*\t.*")
        found = tf.where(given, tf.strings.reduce_join(divided, -1, separator=MARK), "")
        own = tf.where(given, "", self._divided(text))
        joined = tf.strings.regex_replace(
            tf.strings.join([found, own]), f"{MARK}+", MARK
        )
        ended = tf.strings.regex_replace(joined, f"^{MARK}|{MARK}$", "")
        return tf.strings.split(ended, MARK).to_tensor("")

    def of_tokens(self, tokens: Any) -> dict[str, Any]:
        """Return the network's inputs of tokens, string (batch, length).

        Returns:
            int32 "words" (batch, length), "characters" (batch, length, 24) and "pieces"
            (batch, length, 11), with a file of vectors also "vectors" (batch, length);
            0 behind the end of a sentence.
        """
        sizes = tf.shape(tokens)
        ids = self.ids(tf.reshape(tokens, [-1]))
        return {
            name: tf.reshape(value, tf.concat([sizes, tf.shape(value)[1:]], 0))
            for name, value in ids.items()
        }

    def ids(self, tokens: Any) -> dict[str, Any]:
        """Return the ids of tokens, string (n,): tensors (n, …) by input."""
        words = features.normalized(tokens)
        present = tf.cast(tokens != "", tf.int32)
        ids = {
            "words": present * self._words.lookup(words),
            "characters": self._characters.lookup(features.code_points(tokens)),
            "pieces": present[:, None] * self._pieces.lookup(features.pieces(tokens)),
        }
        if self.vocabulary.vectors:
            lower = tf.strings.lower(tokens, encoding="utf-8")
            ids["vectors"] = present * self._vectors.lookup(lower)
        return ids

    def _divided(self, text: Any) -> Any:
        """Return texts with a mark between their tokens."""
        chunks = tf.strings.split(tf.strings.regex_replace(text, MARK, " "))
        flat = chunks.flat_values
        apart = tf.strings.regex_replace(flat, f"^({OPENING})(.+)$", f"\\1{MARK}\\2")
        apart = tf.strings.regex_replace(apart, f"(.)({CLOSING})$", f"\\1{MARK}\\2")
        apart = tf.strings.regex_replace(
            apart, f"([^{MARK}])({STOPS}+)({MARK}{CLOSING})?$", f"\\1{MARK}\\2\\3"
        )
        # "(really)," holds a closing mark before the comma too.
        apart = tf.strings.regex_replace(
            apart, f"([^{MARK}])({CLOSING})({MARK}[^{MARK}]*)?$", f"\\1{MARK}\\2\\3"
        )
        apart = tf.strings.regex_replace(apart, f"(.){CLITICS}", f"\\1{MARK}\\2")
        known = self._words.lookup(features.normalized(flat)) > UNKNOWN
        parted = chunks.with_flat_values(tf.where(known, flat, apart))
        return tf.strings.reduce_join(parted, -1, separator=MARK)

    @cached_property
    def _words(self) -> Any:
        return _of_words(self.vocabulary.words)

    @cached_property
    def _vectors(self) -> Any:
        return _of_words(self.vocabulary.vectors)

    @cached_property
    def _pieces(self) -> Any:
        return _of_words(self.vocabulary.pieces)

    @cached_property
    def _characters(self) -> Any:
        points = [0, *map(ord, self.vocabulary.characters)]
        ids = [0, *range(2, len(points) + 1)]
        return lookup_table(points, ids, UNKNOWN, tf.int32)


def _of_words(words: Sequence[str]) -> Any:
    return lookup_table(words, range(2, len(words) + 2), UNKNOWN, tf.string)


def read_preprocessor(described: Mapping[str, Any]) -> SentencePreprocessor:
    """Return what `SentencePreprocessor.describe` wrote."""
    return SentencePreprocessor(read_vocabulary(described))

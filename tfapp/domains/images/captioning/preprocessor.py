"""Encoded image to pixels, and the words that captions are made of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.text.translation.losses import UNKNOWN
from tfapp.domains.text.translation.preprocessor import FIRST_SYMBOL

CUT = "words"
"""Name of the tokenizer: words in small letters, and marks of punctuation."""
CLOSE = r" (n't|'(?:s|ve|re|d|ll|m)\b|[.,!?;:%)\]])"
"""What follows a word without a space."""


@dataclass(frozen=True)
class CaptionPreprocessor(ImagePreprocessor):
    """Encoded image to pixels; knows the words of captions.

    Args:
        words: that captions are made of, the most frequent first.
        longest_answer: words of a caption at most.
    """

    words: tuple[str, ...] = ()
    longest_answer: int = 0

    @property
    def names(self) -> list[str]:
        """The words by id, "" for the end."""
        return ["", *self.words]

    def target_ids(self, words: Sequence[str]) -> np.ndarray:
        """Return the ids of a caption and of its end behind it, int32."""
        ids = [self._places.get(word, UNKNOWN) for word in words]
        return np.array([*ids, 0], np.int32)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description for `from_description`."""
        own = {"words": list(self.words), "longest_answer": self.longest_answer}
        return {**super().describe(), **own}

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "CaptionPreprocessor":
        """Rebuild what `describe` described."""
        height, width = description["image_size"]
        words = tuple(description["words"])
        return cls(**{**description, "words": words, "image_size": (height, width)})

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words, start=FIRST_SYMBOL)}


def text_of(words: Sequence[str]) -> str:
    """Return the text that words make, without spaces before marks."""
    return re.sub(CLOSE, r"\1", " ".join(words))


def texts_of(words: Any) -> Any:
    """Return the texts of words in the graph, string (…, steps) to (…)."""
    joined = tf.strings.reduce_join(words, axis=-1, separator=" ")
    return tf.strings.regex_replace(tf.strings.strip(joined), CLOSE, r"\1")

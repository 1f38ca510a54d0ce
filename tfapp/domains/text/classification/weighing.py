"""Texts to the weights of their words, some at a time."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.text.classification.explanation import word_weights
from tfapp.domains.text.preprocessor import TextPreprocessor, read_preprocessor
from tfapp.export.keras_file import load_model
from tfapp.layers.outputs import logits_model
from tfapp.problems.classification.calibration import apply_temperature

BATCH = 32

Weighed = tuple[tuple[str, float], ...]
"""The words of a text, each with what it adds to the answer."""


@dataclass(frozen=True)
class Weigher:
    """Says what the words of texts add to the answers of a network.

    Args:
        preprocessor: texts to numbers of words.
        function: what `word_weights` returned, compiled.
    """

    preprocessor: TextPreprocessor
    function: Any

    def __call__(
        self, texts: Sequence[bytes], temperature: float, wanted: int | None = None
    ) -> Iterator[tuple[np.ndarray, Weighed]]:
        """Yield the probabilities of each text, and its words with their weights.

        Args:
            texts: in UTF-8.
            temperature: by which logits are divided.
            wanted: class that is explained; None for the likeliest.
        """
        for start in range(0, len(texts), BATCH):
            raw = {"text": tf.constant(list(texts[start : start + BATCH]), tf.string)}
            cut = self.preprocessor.cut_texts(raw).to_list()
            logits, weights = self.function(self.preprocessor(raw), wanted)
            shares = apply_temperature(logits.numpy(), temperature)
            for one, words, row in zip(shares, cut, weights.numpy(), strict=True):
                shown = [word.decode() for word in words[: len(row)]]
                pairs = zip(shown, map(float, row), strict=False)
                yield one, tuple(pairs)


def weigher_of(model: Any, preprocessor: TextPreprocessor) -> Weigher:
    """Return what weighs words for a model of all its outputs."""
    function = tf.function(word_weights(logits_model(model)), reduce_retracing=True)
    return Weigher(preprocessor, function)


@lru_cache(maxsize=1)
def weigher(file: Path, description: str) -> Weigher:
    """Return what weighs words for a saved model, loaded once.

    Args:
        file: model.keras.
        description: of its preprocessor, as JSON.
    """
    preprocessor = read_preprocessor(json.loads(description))
    return weigher_of(load_model(file), preprocessor)

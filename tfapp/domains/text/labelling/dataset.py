"""Tagged sentences as a dataset: ids of their tokens' parts, and ids of their tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.text.labelling.reading.spec import Sentence
from tfapp.domains.text.labelling.tokens import features
from tfapp.domains.text.labelling.tokens.preprocessor import (
    SEPARATOR,
    TEXT,
    SentencePreprocessor,
)
from tfapp.domains.text.labelling.tokens.vocabulary import (
    RARE,
    Vocabulary,
    by_frequency,
    texts,
)

INTENT = "intent="
"""Before the names of the intents, which follow those of the tags."""
UNKNOWN_TAG = -1
"""The id of a tag that training does not have: always a mistake."""
INT_SIZE = np.int32


@dataclass(frozen=True, eq=False, kw_only=True)
class SentenceDataset(ArrayDataset):
    """Tagged sentences.

    Args:
        preprocessor: divides and looks up.
        sentences: name of an example → sentence.
    """

    preprocessor: SentencePreprocessor
    sentences: Mapping[str, Sentence]

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags, in the order of the outputs."""
        return tags_of(self.info.labels)

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of the intents behind them, () without."""
        behind = self.info.labels[len(self.tags) :]
        return tuple(label.removeprefix(INTENT) for label in behind)

    def of(self, split: str) -> list[Sentence]:
        """Return the sentences of a split in the order of its examples."""
        return [self.sentences[e.name] for e in self.examples[split]]

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of the columns that a split's examples have, in order."""
        return self._rows_of(self.examples[split])


def tags_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that are tags of tokens."""
    return tuple(label for label in labels if not label.startswith(INTENT))


def learn_vocabulary(
    sentences: Sequence[Sentence], vectors: tuple[str, ...]
) -> Vocabulary:
    """Return the vocabulary of training sentences.

    Args:
        sentences: to learn from.
        vectors: words of the file of word vectors, () without.
    """
    tokens = list(chain.from_iterable(s.tokens for s in sentences))
    with tf.device("CPU"):
        tensor = tf.constant(tokens, tf.string)
        words = texts(features.normalized(tensor).numpy())
        parts = texts(features.pieces(tensor).numpy())
    return Vocabulary(
        by_frequency(words),
        by_frequency(chain.from_iterable(tokens)),
        by_frequency(parts, RARE + 1),
        vectors,
    )


def learn_labels(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """Return the tags of training sentences, the most frequent first, then intents."""
    tags = by_frequency(chain.from_iterable(s.tags for s in sentences))
    intents = by_frequency(s.intent for s in sentences)
    return (*tags, *(f"{INTENT}{intent}" for intent in intents))


def sentence_dataset(
    examples: Sequence[Example],
    sentences: Mapping[str, Sentence],
    preprocessor: SentencePreprocessor,
    labels: tuple[str, ...],
    batch_size: int,
    notes: tuple[str, ...],
    start: Mapping[str, Any],
) -> SentenceDataset:
    """Look everything up and describe it.

    Args:
        examples: with their splits.
        sentences: name → sentence.
        preprocessor: with the vocabulary.
        labels: see `learn_labels`.
        batch_size: sentences in a batch.
        notes: lines to show the user.
        start: "vectors", those of the vocabulary's words, or nothing.
    """
    names = [e.name for e in examples]
    ordered = [sentences[name] for name in names]
    inputs = _inputs(ordered, preprocessor)
    sizes = preprocessor.sizes
    specs = {
        name: InputSpec((None, *arrays[0].shape[1:]), "int32", sizes[name])
        for name, arrays in inputs.items()
    }
    return SentenceDataset(
        info=DataInfo(
            specs, (None,), len(labels), labels, fingerprint(examples), start
        ),
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=names,
        inputs={name: Column(arrays) for name, arrays in inputs.items()},
        answers=Column(_answers(ordered, labels), padding=UNKNOWN_TAG),
        read=lambda e: {TEXT: given_tokens(sentences[e.name].tokens)},
        batch_size=batch_size,
        notes=notes,
        lengths=np.array([len(s.tokens) for s in ordered]),
        sentences=sentences,
    )


def given_tokens(tokens: Sequence[str]) -> str:
    """Return a sentence as a client sends one that it has divided itself."""
    clean = [token.replace(SEPARATOR, " ") for token in tokens]
    return SEPARATOR.join(clean) + (SEPARATOR if len(clean) < 2 else "")


def _inputs(
    sentences: Sequence[Sentence], preprocessor: SentencePreprocessor
) -> dict[str, list[np.ndarray]]:
    """Return the ids of every sentence's tokens, by input."""
    tokens = list(chain.from_iterable(s.tokens for s in sentences))
    ends = np.cumsum([len(s.tokens) for s in sentences])[:-1]
    with tf.device("CPU"):
        ids = preprocessor.ids(tf.constant(tokens, tf.string))
        return {name: np.split(value.numpy(), ends) for name, value in ids.items()}


def _answers(
    sentences: Sequence[Sentence], labels: tuple[str, ...]
) -> list[np.ndarray]:
    """Return ids of tags (length,), with intents (length, 2), theirs behind."""
    place = {label: number for number, label in enumerate(labels)}
    tags = [
        np.array([place.get(tag, UNKNOWN_TAG) for tag in s.tags], INT_SIZE)
        for s in sentences
    ]
    if len(tags_of(labels)) == len(labels):
        return tags
    intents = [place.get(f"{INTENT}{s.intent}", UNKNOWN_TAG) for s in sentences]
    return [
        np.stack([row, np.full_like(row, intent)], axis=1)
        for row, intent in zip(tags, intents, strict=True)
    ]

"""What a tagger answers for each sentence, next to what is right."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfapp.domains.text.labelling.evaluation.spans import spans_of
from tfapp.domains.text.labelling.reading.spec import Sentence
from tfapp.problems.classification.calibration import apply_temperature


@dataclass(frozen=True, eq=False)
class Answer:
    """Tags for one sentence.

    Args:
        sentence: with the right tags.
        tags: those answered, as many.
        confidence: probability of each, float (length,).
        intent: answered, "" without.
        intent_confidence: its probability.
    """

    sentence: Sentence
    tags: tuple[str, ...]
    confidence: np.ndarray
    intent: str = ""
    intent_confidence: float = 1.0

    @cached_property
    def right(self) -> np.ndarray:
        """Which tags are right, bool (length,)."""
        pairs = zip(self.tags, self.sentence.tags, strict=True)
        return np.array([one == other for one, other in pairs], bool)

    @cached_property
    def spans(self) -> tuple[int, int, int]:
        """Numbers of spans: right ones, answered ones, true ones."""
        answered, true = spans_of(self.tags), spans_of(self.sentence.tags)
        return len(set(answered) & set(true)), len(answered), len(true)

    @property
    def intent_right(self) -> bool:
        """Whether the whole intent is right."""
        return self.intent == self.sentence.intent

    @property
    def intent_partly_right(self) -> bool:
        """Whether it shares one of the intents of an utterance with several."""
        return not {*self.intent.split("#")}.isdisjoint(self.sentence.intent.split("#"))

    @property
    def surprise(self) -> float:
        """Largest confidence of a wrong tag, 0 if all are right."""
        wrong = self.confidence[~self.right]
        return float(wrong.max()) if wrong.size else 0.0


def answers_of(
    logits: Iterable[np.ndarray],
    sentences: Sequence[Sentence],
    tags: Sequence[str],
    intents: Sequence[str],
    temperature: float,
) -> list[Answer]:
    """Return the answers of a network.

    Args:
        logits: of each sentence, float (length or more, tags + intents).
        sentences: as many.
        tags: in the order of the logits.
        intents: behind them.
        temperature: by which logits are divided.
    """
    found = []
    for rows, sentence in zip(logits, sentences, strict=True):
        own = rows[: len(sentence.tokens)]
        shares = apply_temperature(own[:, : len(tags)], temperature)
        best = tuple(tags[i] for i in shares.argmax(axis=1))
        intent, sure = "", 1.0
        if intents:
            share = apply_temperature(own[:1, len(tags) :], temperature)[0]
            intent, sure = intents[share.argmax()], float(share.max())
        found.append(Answer(sentence, best, shares.max(axis=1), intent, sure))
    return found


def unseen(tokens: Iterable[str], words: frozenset[str]) -> np.ndarray:
    """Return which tokens are no words of training, bool (tokens,).

    Small and capital letters are alike, and so are digits.
    """
    return np.array([normalized(token) not in words for token in tokens], bool)


def normalized(token: str) -> str:
    """Return a token in small letters, with 0 for every digit."""
    return re.sub(r"\d", "0", token.lower())

"""Texts as tokens: characters, or words."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

Unit = Literal["characters", "words"]
BLANK = "<blank>"
"""Name of the output that stands for nothing; it is the first one."""


def tokens_of(text: str, unit: Unit) -> list[str]:
    """Return the tokens of a text; spaces are single, and none is at an end."""
    words = text.split()
    return words if unit == "words" else list(" ".join(words))


def text_of(tokens: Sequence[str]) -> str:
    """Return the text of tokens: words get spaces between them, characters do not."""
    return ("" if all(len(token) == 1 for token in tokens) else " ").join(tokens)


def learn_tokens(texts: Iterable[str], unit: Unit) -> tuple[str, ...]:
    """Return the outputs for texts: the blank, then all their tokens in order."""
    return (
        BLANK,
        *sorted({token for text in texts for token in tokens_of(text, unit)}),
    )


def ids_of(text: str, labels: Sequence[str], unit: Unit) -> np.ndarray:
    """Return the ids of a text's tokens, int32 (tokens,); without unknown ones."""
    place = {label: number for number, label in enumerate(labels)}
    known = [place[token] for token in tokens_of(text, unit) if token in place]
    return np.array(known, np.int32)


def least_frames(tokens: Sequence[str]) -> int:
    """Return the frames that tokens need: a blank lies between two equal ones."""
    return len(tokens) + sum(a == b for a, b in zip(tokens, tokens[1:], strict=False))

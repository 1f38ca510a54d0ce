"""How probable a token is behind others, by the texts of training."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.base.errors import ConfigError

BORDER = 0
"""Stands for the beginning and the end of a text; as an output it is the blank."""
MOST_CELLS = 2_000_000
"""Of the table that an exported graph holds."""


@dataclass(frozen=True)
class Ngrams:
    """What a search over prefixes knows of texts.

    Args:
        counts: how often tokens follow each other in training, rows of `order` ids and
            their number; the border stands in front of a text and behind it.
        weight: factor of the logarithm of the probability.
    """

    counts: Sequence[Sequence[int]]
    weight: float

    @property
    def order(self) -> int:
        """Number of tokens in a row that are counted."""
        return len(self.counts[0]) - 1

    def logarithms(self, outputs: int) -> np.ndarray:
        """Return the weighted logarithm of each probability.

        Interpolated Witten-Bell smoothing: a context that is followed by many
        different tokens relies the more on shorter contexts.

        Args:
            outputs: number of tokens, with the border.

        Returns:
            float32 (outputs ** (order - 1), outputs): a row for each context, whose
            last token counts least; the column of the border is the end of a text.

        Reference:
            Witten & Bell, The Zero-Frequency Problem, 1991.
        """
        counts = np.zeros((outputs,) * self.order, np.float64)
        rows = np.asarray(self.counts, np.int64)
        counts[tuple(rows[:, :-1].T)] = rows[:, -1]
        shares = np.full(outputs, 1.0 / outputs)
        for longer in range(self.order - 1, -1, -1):
            own = counts.sum(axis=tuple(range(longer)))
            total = own.sum(axis=-1, keepdims=True)
            kinds = (own > 0).sum(axis=-1, keepdims=True)
            mixed = (own + kinds * shares) / np.maximum(total + kinds, 1.0)
            shares = np.where(total > 0, mixed, shares)
        table: np.ndarray = self.weight * np.log(shares).reshape(-1, outputs)
        return table.astype(np.float32)

    def describe(self) -> dict[str, Any]:
        """Return what `read_ngrams` reads, JSON-ready."""
        return {"ngram_counts": [list(row) for row in self.counts]} | {
            "ngram_weight": self.weight
        }


def read_ngrams(calibration: Any) -> Ngrams | None:
    """Return the n-grams that `describe` described, None if there are none."""
    if not (calibration or {}).get("ngram_counts"):
        return None
    return Ngrams(calibration["ngram_counts"], float(calibration["ngram_weight"]))


def count_ngrams(texts: Iterable[Sequence[int]], order: int, weight: float) -> Ngrams:
    """Count the n-grams of texts.

    Args:
        texts: ids of tokens, 1 or more.
        order: number of tokens in a row.
        weight: factor of the logarithm of the probability.
    """
    padded = [
        np.array([*[BORDER] * (order - 1), *text, BORDER], np.int64) for text in texts
    ]
    windows = [np.lib.stride_tricks.sliding_window_view(t, order) for t in padded]
    grams, often = np.unique(np.concatenate(windows), axis=0, return_counts=True)
    return Ngrams(np.column_stack([grams, often]).tolist(), weight)


def require_small_table(order: int, outputs: int) -> None:
    """Refuse n-grams whose table no graph can hold.

    Raises:
        ConfigError: if there are too many.
    """
    if outputs**order > MOST_CELLS:
        raise ConfigError(
            f"`task_options.ngram` = {order} with {outputs} outputs makes a table of "
            f"{outputs**order:,} numbers. Expected at most {MOST_CELLS:,}: set a "
            "smaller one."
        )

"""Interpolated modified Kneser-Ney smoothing of character n-grams, in NumPy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ORDER = 7
BITS = 9
MOST_SYMBOLS = 1 << BITS
"""Seven characters of nine bits fit into one integer of 64 bits."""


@dataclass(frozen=True, eq=False)
class Level:
    """Counts of the n-grams of one length.

    Args:
        grams: their codes, sorted, int64 (n-grams,).
        mass: of each what is left of its count after the discount, over the count of
            its context, float (n-grams,).
        contexts: codes of what stands before the last character, sorted, (contexts,).
        shares: of each context what is left for shorter ones, float (contexts,).
    """

    grams: np.ndarray
    mass: np.ndarray
    contexts: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True, eq=False)
class NgramModel:
    """Probabilities of the next character, given up to `len(levels) - 1` before it.

    The longest n-grams have their counts; shorter ones the number of different
    characters that come before them, since they only count where longer ones are new.

    Args:
        levels: of n-grams of 1, 2, … characters.
        symbols: number of different characters.

    References:
        Chen & Goodman, An Empirical Study of Smoothing Techniques for Language
        Modeling, 1998.
    """

    levels: tuple[Level, ...]
    symbols: int

    def probabilities(self, text: np.ndarray, before: int = 0) -> np.ndarray:
        """Return the probability of every character of a text, given those before.

        Args:
            text: int (characters,), in [0, symbols).
            before: leading characters that are only looked back at.

        Returns:
            Float64 (characters - before,).
        """
        text = np.asarray(text, np.int64)
        result = np.full(len(text), 1.0 / self.symbols)
        for size, level in enumerate(self.levels, start=1):
            if size > len(text):
                break
            codes = windows(text, size)
            place, seen = _places(level.contexts, codes >> BITS)
            share = np.where(seen, level.shares[place], 1.0)
            gram, here = _places(level.grams, codes)
            own = np.where(here, level.mass[gram], 0.0)
            # Where a context is new, the shorter one decides alone.
            result[size - 1 :] = own + share * result[size - 1 :]
        return result[before:]

    def next_distribution(self, context: Sequence[int]) -> np.ndarray:
        """Return the probability of each character behind some others, (symbols,)."""
        kept = list(context)[max(0, len(context) - len(self.levels) + 1) :]
        return np.array(
            [
                self.probabilities(np.array([*kept, symbol]), len(kept))[0]
                for symbol in range(self.symbols)
            ]
        )


def fit_ngrams(text: np.ndarray, symbols: int, order: int = ORDER) -> NgramModel:
    """Count the n-grams of a text.

    Args:
        text: int (characters,), in [0, symbols).
        symbols: number of different characters, at most 512.
        order: length of the longest n-grams, at most 7.

    Raises:
        ValueError: if the n-grams do not fit into 64 bits.
    """
    if symbols > MOST_SYMBOLS or order * BITS > 63:
        raise ValueError(
            f"At most {MOST_SYMBOLS} symbols and 7 of them in a row. Received: "
            f"{symbols} and {order}"
        )
    text = np.asarray(text, np.int64)
    order = max(1, min(order, len(text)))
    grams, counts = np.unique(windows(text, order), return_counts=True)
    levels = [_level(grams, counts)]
    for size in range(order - 1, 0, -1):
        # A shorter n-gram counts once for each character that comes before it, and
        # once more at the very beginning of the text, where none does.
        inner = grams & ((1 << BITS * size) - 1)
        first = windows(text[:size], size)
        grams, counts = np.unique(np.concatenate([inner, first]), return_counts=True)
        levels.append(_level(grams, counts))
    return NgramModel(tuple(levels[::-1]), symbols)


def windows(text: np.ndarray, size: int) -> np.ndarray:
    """Return the codes of all n-grams of one size in order, int64 (len - size + 1,)."""
    count = len(text) - size + 1
    codes = np.zeros(count, np.int64)
    for place in range(size):
        codes = (codes << BITS) | text[place : place + count]
    return codes


def discounts(counts: np.ndarray) -> np.ndarray:
    """Return what is taken from counts of 0, 1, 2, and 3 or more, float (4,).

    Chen & Goodman's estimates from how often each small count occurs; where a text is
    too short for them, a half.
    """
    often = [float(np.count_nonzero(counts == size)) for size in range(1, 5)]
    if not all(often):
        return np.array([0.0, 0.5, 0.5, 0.5])
    share = often[0] / (often[0] + 2 * often[1])
    taken = [k - (k + 1) * share * often[k] / often[k - 1] for k in (1, 2, 3)]
    return np.array([0.0, *np.clip(taken, 0.0, (1.0, 2.0, 3.0))])


def _level(grams: np.ndarray, counts: np.ndarray) -> Level:
    taken = discounts(counts)[np.minimum(counts, 3)]
    contexts, place = np.unique(grams >> BITS, return_inverse=True)
    totals = np.bincount(place, counts)
    shares = np.bincount(place, taken) / totals
    return Level(grams, (counts - taken) / totals[place], contexts, shares)


def _places(ordered: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where codes stand in an ordered list, and whether they do."""
    place = np.minimum(np.searchsorted(ordered, codes), len(ordered) - 1)
    return place, ordered[place] == codes

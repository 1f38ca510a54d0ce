"""N-grams as a tree, which a layer looks up in 32-bit integers."""

from dataclasses import dataclass

import numpy as np

from tfapp.domains.text.language.kneser_ney import BITS, fit_ngrams

MOST_SYMBOLS_COUNTED = 2_000_000
"""Of a longer text the last ones are counted: its n-grams add little to a network."""
MOST_KEYS = 2**31 - 1


@dataclass(frozen=True, eq=False)
class NgramTree:
    """Weights of `layers.ngram_mixture.NgramMixture`, and what it is built with.

    Args:
        keys: number of the parent times the number of symbols, plus the last symbol,
            int32 (nodes,); they increase, and node i + 1 has key i.
        mass: of each what is its own in its parent's distribution, float32 (nodes,).
        shares: of each node, from the root on, what is left to the shorter context,
            float32 (nodes + 1,).
        first: of each node, from the root on, the place of its first child's key, and
            of the last one's behind them, int32 (nodes + 2,).
        widths: most children of a node, by its length from 0 on.
    """

    keys: np.ndarray
    mass: np.ndarray
    shares: np.ndarray
    first: np.ndarray
    widths: tuple[int, ...]

    def weights(self, room: int = 0) -> list[np.ndarray]:
        """Return the weights of the layer in its order.

        Args:
            room: nodes that the layer has, if they are more; the rest are never found.
        """
        more = max(0, room - len(self.keys))
        return [
            np.pad(self.keys, (0, more), constant_values=MOST_KEYS),
            np.pad(self.mass, (0, more)),
            np.pad(self.shares, (0, more)),
            np.pad(self.first, (0, more), mode="edge"),
        ]


def fit_tree(text: np.ndarray, symbols: int, order: int) -> NgramTree:
    """Count the n-grams of a text, smooth them and make a tree of them.

    Args:
        text: int (characters,), in [0, symbols).
        symbols: number of different characters, at most 512.
        order: length of the longest n-grams, at most 7.
    """
    # Each place of the text is at most one new node of each length.
    most = min(MOST_SYMBOLS_COUNTED, MOST_KEYS // (symbols * order) - 1)
    levels = fit_ngrams(text[-most:], symbols, order).levels
    ends = np.cumsum([1, *(len(level.grams) for level in levels)])
    shares = np.ones(ends[-1])
    keys, widths = [], []
    above, begin = np.zeros(1, np.int64), 0  # the root: no symbol
    for level, end in zip(levels, ends, strict=False):
        parents = begin + np.searchsorted(above, level.grams >> BITS)
        shares[begin + np.searchsorted(above, level.contexts)] = level.shares
        keys.append(parents * symbols + (level.grams & ((1 << BITS) - 1)))
        widths.append(int(np.bincount(parents - begin).max()))
        above, begin = level.grams, int(end)
    every = np.concatenate(keys)
    first = np.searchsorted(every, np.arange(ends[-1] + 1) * symbols)
    return NgramTree(
        every.astype(np.int32),
        np.concatenate([level.mass for level in levels]).astype(np.float32),
        shares.astype(np.float32),
        first.astype(np.int32),
        tuple(widths),
    )

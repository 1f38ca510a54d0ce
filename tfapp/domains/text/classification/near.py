"""Texts that are nearly alike: most of their pairs of neighbouring words are shared."""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

ALIKE = 0.8
"""Share of common pieces, of all pieces of two texts, from which on they are alike."""
BANDS, ROWS = 10, 4
"""Of the signatures: texts with ALIKE common pieces are compared with 99.5 %."""
LARGEST_BUCKET = 30
"""Texts of one bucket that are compared with each other; of more only neighbours."""
SEPARATE = re.compile(r"[\W\d_]+")


class NearTexts(NamedTuple):
    """Two texts that are nearly alike, by their rows, and their share of pieces."""

    first: int
    second: int
    share: float


def near_texts(texts: Sequence[str]) -> list[NearTexts]:
    """Return the pairs of texts that differ in little, the most alike first.

    Pieces of a text are its words and its pairs of neighbouring words, without
    numbers, case and punctuation. Candidates are found by MinHash, so time grows with
    the number of texts, not with its square.

    References:
        Broder, On the resemblance and containment of documents, 1997.
    """
    pieces = [_pieces(text) for text in texts]
    rows = [row for row, own in enumerate(pieces) if len(own)]
    found: dict[tuple[int, int], float] = {}
    for i, j in _candidates(pieces, rows):
        if (i, j) not in found:
            both = len(np.intersect1d(pieces[i], pieces[j], assume_unique=True))
            found[i, j] = both / (len(pieces[i]) + len(pieces[j]) - both)
    pairs = [NearTexts(i, j, share) for (i, j), share in found.items()]
    alike = [pair for pair in pairs if pair.share >= ALIKE]
    return sorted(alike, key=lambda pair: (-pair.share, pair.first, pair.second))


def _pieces(text: str) -> np.ndarray:
    """Return hashes of the pieces of a text, int64, each once and in order.

    Texts of one word are no near copies of each other, however many say "thanks!".
    """
    words = SEPARATE.sub(" ", text[:20_000].casefold()).split()
    if len(words) < 2:
        return np.zeros(0, np.int64)
    pieces = {*words, *map(" ".join, zip(words, words[1:], strict=False))}
    hashes = {zlib.crc32(piece.encode(errors="replace")) for piece in pieces}
    return np.array(sorted(hashes), np.int64)


def _candidates(
    pieces: Sequence[np.ndarray], rows: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of rows whose signatures agree in a band."""
    if len(rows) < 2:
        return
    generator = np.random.default_rng(0)
    whole = np.concatenate([pieces[row] for row in rows]).astype(np.uint64)
    sizes = [len(pieces[row]) for row in rows]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for _ in range(BANDS):
        band = np.empty((len(rows), ROWS), np.uint64)
        for place in range(ROWS):
            factor = generator.integers(0, 1 << 63, dtype=np.uint64) * np.uint64(2)
            mixed = whole * (factor + np.uint64(1))  # the upper bits are well mixed
            band[:, place] = np.minimum.reduceat(mixed, starts)
        buckets = defaultdict(list)
        for row, key in zip(rows, map(bytes, band), strict=True):
            buckets[key].append(row)
        for members in buckets.values():
            yield from _pairs(members)


def _pairs(members: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(members) > LARGEST_BUCKET:
        yield from zip(members, members[1:], strict=False)
        return
    for number, first in enumerate(members):
        for second in members[number + 1 :]:
            yield first, second

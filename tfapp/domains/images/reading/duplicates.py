"""Images that look nearly the same."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.data.spec import Example

MAX_DISTANCE = 4
"""Differing bits of 64 up to which two pictures count as nearly the same."""
MAX_REACH = 1000
"""Followers of equal bands that one picture is compared with: in a film of thousands
of frames alike, some pairs are passed over, and time stays proportional to images."""
MAX_PAIRS = 100_000
"""Pairs after which the search ends: such a set is no set of single pictures."""


@dataclass(frozen=True)
class NearPair:
    """Two examples that look nearly the same and differ in `distance` bits."""

    first: Example
    second: Example
    distance: int


def near_duplicates(
    examples: Sequence[Example], likenesses: Sequence[str]
) -> list[NearPair]:
    """Return pairs of different content and nearly the same look.

    Args:
        examples: with content hashes.
        likenesses: difference hashes, 16 hexadecimal digits each, or "".
    """
    kept = [i for i, text in enumerate(likenesses) if text]
    hashes = np.array([int(likenesses[i], 16) for i in kept], dtype=np.uint64)
    pairs = close_pairs(hashes, MAX_DISTANCE)
    found = [(examples[kept[i]], examples[kept[j]], d) for i, j, d in pairs]
    return [
        NearPair(first, second, distance)
        for first, second, distance in found
        if first.content_hash != second.content_hash
    ]


def close_pairs(hashes: np.ndarray, max_distance: int) -> list[tuple[int, int, int]]:
    """Return (i, j, distance), i < j, of hashes within `max_distance` bits.

    Cut into d + 2 bands, two hashes that differ in at most d bits agree entirely in
    two of them, so only hashes that share two bands are compared: about 21 bits for
    d = 4, which few images of a million share by chance. Time and memory grow with
    the number of hashes, not of its pairs; see `MAX_REACH` and `MAX_PAIRS`.

    Args:
        hashes: uint64 array (n,).
        max_distance: differing bits, below 62.
    """
    edges = np.linspace(0, 64, max_distance + 3).astype(int)
    masks = [(1 << int(e)) - (1 << int(s)) for s, e in itertools.pairwise(edges)]
    found = np.empty(0, np.int64)
    for first, second in itertools.combinations(masks, 2):
        parts, count = [found], 0
        for close in _close_by(hashes, np.uint64(first | second), max_distance):
            parts.append(close)
            count += len(close)
            if count >= MAX_PAIRS:
                break
        found = np.unique(np.concatenate(parts))[:MAX_PAIRS]
    lows, highs = np.divmod(found, max(len(hashes), 1))
    apart = np.bitwise_count(hashes[lows] ^ hashes[highs])
    return list(zip(lows.tolist(), highs.tolist(), apart.tolist(), strict=True))


def _close_by(
    hashes: np.ndarray, mask: np.uint64, max_distance: int
) -> Iterator[np.ndarray]:
    """Yield int64 i * n + j of close pairs among those that agree under the mask.

    In the order of their masked values, equal ones are neighbours: all are compared
    with their first follower, then those that it agrees with with the second, …
    """
    values = hashes & mask
    order = np.argsort(values, kind="stable")
    values = values[order]
    starts = np.arange(len(order))
    for reach in range(1, MAX_REACH + 1):
        starts = starts[starts + reach < len(order)]
        starts = starts[values[starts] == values[starts + reach]]
        if not len(starts):
            return
        one, other = order[starts], order[starts + reach]
        close = np.bitwise_count(hashes[one] ^ hashes[other]) <= max_distance
        if close.any():  # the sort is stable, so one < other
            yield one[close] * len(hashes) + other[close]

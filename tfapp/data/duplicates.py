"""Images that occur twice: the very same pixels, or nearly the same picture."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.data.spec import Example

MAX_DISTANCE = 4
"""Differing bits of 64 up to which two pictures count as nearly the same."""
CHUNK = 1 << 22
"""Pairs compared at once, to bound memory."""


@dataclass(frozen=True)
class NearPair:
    """Two examples that look nearly the same and differ in `distance` bits."""

    first: Example
    second: Example
    distance: int


def exact_duplicates(examples: Iterable[Example]) -> list[tuple[Example, ...]]:
    """Return the groups of two or more examples with equal content hashes."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.content_hash].append(example)
    return [tuple(group) for group in groups.values() if len(group) > 1]


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
    """Return (i, j, distance), i < j, of all hashes within `max_distance` bits.

    Two hashes that differ in at most d bits agree entirely in one of d + 1 bands,
    so only hashes that share a band are compared.

    Args:
        hashes: uint64 array (n,).
        max_distance: differing bits, below 64.
    """
    edges = np.linspace(0, 64, max_distance + 2).astype(int)
    distances: dict[tuple[int, int], int] = {}
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        band = (hashes >> np.uint64(start)) & np.uint64((1 << int(end - start)) - 1)
        for members in _groups(band):
            distances.update(_close_within(hashes, members, max_distance))
    return [(i, j, distances[i, j]) for i, j in sorted(distances)]


def _groups(values: np.ndarray) -> list[np.ndarray]:
    """Return index arrays of equal values, of two members or more."""
    order = np.argsort(values, kind="stable")
    cuts = np.flatnonzero(np.diff(values[order])) + 1
    return [group for group in np.split(order, cuts) if len(group) > 1]


def _close_within(
    hashes: np.ndarray, members: np.ndarray, max_distance: int
) -> dict[tuple[int, int], int]:
    """Compare all members of one group with each other, some rows at a time."""
    found: dict[tuple[int, int], int] = {}
    rows = max(1, CHUNK // len(members))
    for start in range(0, len(members), rows):
        part = members[start : start + rows]
        apart = np.bitwise_count(hashes[part, np.newaxis] ^ hashes[members])
        close = (apart <= max_distance) & (part[:, np.newaxis] < members)
        for row, column in np.argwhere(close):
            pair = int(part[row]), int(members[column])
            found[pair] = int(apart[row, column])
    return found

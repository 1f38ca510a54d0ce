"""Images that look nearly the same: made smaller, mirrored, cropped a little."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tfapp.data.spec import Example

MAX_DISTANCE = 4
"""Differing bits of 64 up to which two pictures count as nearly the same."""
MAX_REACH = 1000
"""Followers of equal bands that one picture is compared with: in a film of thousands
of frames alike, some pairs are passed over, and time stays proportional to images."""
MAX_PAIRS = 100_000
"""Pairs after which the search ends: such a set is no set of single pictures."""

Allowed = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Indices of the first and of the second hashes of pairs → which of them count."""


@dataclass(frozen=True)
class NearPair:
    """Two examples that look nearly the same and differ in `distance` bits."""

    first: Example
    second: Example
    distance: int


def near_duplicates(
    examples: Sequence[Example], likenesses: Sequence[Sequence[str]]
) -> list[NearPair]:
    """Return pairs of different content and nearly the same look.

    Args:
        examples: with content hashes.
        likenesses: of each the hashes that `likeness` returns, () for none.
    """
    looks = [
        (i, k, text) for i, own in enumerate(likenesses) for k, text in enumerate(own)
    ]
    owners, kinds = (np.array([row[c] for row in looks], int) for c in (0, 1))
    hashes = np.array([int(text, 16) for *_, text in looks], dtype=np.uint64)

    def allowed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        # One of the two as it is: two mirror images are alike if the images are.
        plain = (kinds[one] == 0) | (kinds[other] == 0)
        return plain & (owners[one] != owners[other])

    nearest: dict[tuple[int, int], int] = {}
    for i, j, distance in close_pairs(hashes, MAX_DISTANCE, allowed):
        low, high = sorted((int(owners[i]), int(owners[j])))
        if examples[low].content_hash != examples[high].content_hash:
            nearest[low, high] = min(distance, nearest.get((low, high), distance))
    return [
        NearPair(examples[i], examples[j], distance)
        for (i, j), distance in sorted(nearest.items())
    ]


def with_near_copies(
    examples: Sequence[Example], pairs: Sequence[NearPair]
) -> tuple[Example, ...]:
    """Return the examples, each with the names of its near copies, nearest first."""
    near: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for pair in pairs:
        near[pair.first.name].append((pair.distance, pair.second.name))
        near[pair.second.name].append((pair.distance, pair.first.name))
    return tuple(
        replace(e, near=tuple(name for _, name in sorted(near[e.name])))
        if e.name in near
        else e
        for e in examples
    )


def close_pairs(
    hashes: np.ndarray, max_distance: int, allowed: Allowed | None = None
) -> list[tuple[int, int, int]]:
    """Return (i, j, distance), i < j, of hashes within `max_distance` bits.

    Cut into d + 2 bands, two hashes that differ in at most d bits agree entirely in
    two of them, so only hashes that share two bands are compared: about 21 bits for
    d = 4, which few images of a million share by chance. Time and memory grow with
    the number of hashes, not of its pairs; see `MAX_REACH` and `MAX_PAIRS`.

    Args:
        hashes: uint64 array (n,).
        max_distance: differing bits, below 62.
        allowed: which pairs count, by int arrays of i and j; None for all.
    """
    edges = np.linspace(0, 64, max_distance + 3).astype(int)
    masks = [(1 << int(e)) - (1 << int(s)) for s, e in itertools.pairwise(edges)]
    found = np.empty(0, np.int64)
    for first, second in itertools.combinations(masks, 2):
        parts, count = [found], 0
        mask = np.uint64(first | second)
        for close in _close_by(hashes, mask, max_distance, allowed):
            parts.append(close)
            count += len(close)
            if count >= MAX_PAIRS:
                break
        found = np.unique(np.concatenate(parts))[:MAX_PAIRS]
    lows, highs = np.divmod(found, max(len(hashes), 1))
    apart = np.bitwise_count(hashes[lows] ^ hashes[highs])
    return list(zip(lows.tolist(), highs.tolist(), apart.tolist(), strict=True))


def _close_by(
    hashes: np.ndarray, mask: np.uint64, max_distance: int, allowed: Allowed | None
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
        if allowed is not None:
            close &= allowed(one, other)
        if close.any():  # the sort is stable, so one < other
            yield one[close] * len(hashes) + other[close]

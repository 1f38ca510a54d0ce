"""Near copies."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfapp.data.spec import Example
from tfapp.domains.images.reading.duplicates import (
    close_pairs,
    near_duplicates,
    with_near_copies,
)

BITS = st.integers(0, 2**64 - 1)


@given(st.lists(BITS, max_size=30), st.lists(st.integers(0, 63), max_size=60))
def test_close_pairs_equal_brute_force(values, flips):
    """Banding finds exactly the pairs that comparing all with all finds."""
    values = values + [
        v ^ (1 << bit) for v, bit in zip(values * 2, flips, strict=False)
    ]
    expected = [
        (i, j, (a ^ b).bit_count())
        for i, a in enumerate(values)
        for j, b in enumerate(values)
        if i < j and (a ^ b).bit_count() <= 4
    ]
    assert close_pairs(np.array(values, dtype=np.uint64), 4) == expected


def test_many_equal_hashes_stay_bounded(monkeypatch):
    """A group is compared completely up to a reach, and the pairs have a limit."""
    alike = np.zeros(40, dtype=np.uint64)
    assert len(close_pairs(alike, 4)) == 40 * 39 // 2
    monkeypatch.setattr("tfapp.domains.images.reading.duplicates.MAX_REACH", 2)
    assert len(close_pairs(alike, 4)) == 39 + 38
    monkeypatch.setattr("tfapp.domains.images.reading.duplicates.MAX_PAIRS", 7)
    assert len(close_pairs(alike, 4)) == 7


def test_near_pairs_exclude_exact_copies_and_unknown_likeness():
    """Exact copies are reported elsewhere; images without likeness never match."""
    a, b, c, d = (Example(p, content_hash=h) for p, h in ("a1", "b1", "c2", "d3"))
    zero, one = "0" * 16, "0" * 15 + "1"
    pairs = near_duplicates([a, b, c, d], [(zero,), (zero,), (one,), ()])
    assert [(p.first, p.second, p.distance) for p in pairs] == [(a, c, 1), (b, c, 1)]


def test_mirrored_and_cropped_looks_match_plain_ones_alone():
    """An image never matches itself, nor two images by their mirror images alone."""
    examples = [Example(str(i), content_hash=str(i)) for i in range(4)]
    low, mid, high = "0" * 16, "0f" * 8, "f" * 16
    looks = [(low, mid, high), (mid, "a5" * 8, "5a" * 8), ("33" * 8, mid, high), ()]
    pairs = near_duplicates(examples, looks)
    names = [(p.first.name, p.second.name, p.distance) for p in pairs]
    assert names == [("0", "1", 0), ("1", "2", 0)]
    near = with_near_copies(examples, pairs)
    assert [e.near for e in near] == [("1",), ("0", "2"), ("1",), ()]

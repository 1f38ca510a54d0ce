"""What stays together, and what tells two splits apart."""

import pytest

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split.integrity import (
    check_disjoint,
    fingerprint,
    refuse_torn_groups,
    units_of,
)


def test_torn_groups_are_refused():
    """A group in two given splits is the user's contradiction."""
    torn = [Example("1", "train", group="p7"), Example("2", "test", group="p7")]
    with pytest.raises(DataError, match="Group 'p7' lies in test and train"):
        refuse_torn_groups(torn)


def test_fingerprint_depends_on_content_target_and_split_alone():
    """Names and order do not count; another content, target or split does."""
    a = Example("1", "train", "x", "", "h1", "x")
    b = Example("2", "test", "y", "", "h2", "y")
    moved = Example("elsewhere", "train", "x", "g", "h1", "x")
    assert fingerprint([a, b]) == fingerprint([b, moved])
    others = (
        Example("1", "test", "x", "", "h1", "x"),
        Example("1", "train", "x", "", "h3", "x"),
        Example("1", "train", "x", "", "h1", "z"),
    )
    assert len({fingerprint([other, b]) for other in (a, *others)}) == 4


def test_our_own_leaks_are_bugs():
    """The guard names the example."""
    a = Example("1", "train", content_hash="h")
    b = Example("2", "test", content_hash="h")
    with pytest.raises(RuntimeError, match="'2'"):
        check_disjoint([a, b])


def test_units_join_groups_and_copies():
    """Examples that share a group or a content belong together, through others too."""
    rows = [("g1", "1"), ("g2", "2"), ("", "1"), ("g2", "3"), ("", "3"), ("", "")]
    examples = [
        Example(str(i), group=g, content_hash=h) for i, (g, h) in enumerate(rows)
    ]
    assert units_of(examples, range(6)) == [[0, 2], [1, 3, 4], [5]]
    assert units_of(examples, [0, 3, 5]) == [[0], [3], [5]]

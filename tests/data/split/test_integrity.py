"""What two splits must not share, and what tells them apart."""

import pytest

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split.integrity import (
    check_disjoint,
    fingerprint,
    near_training,
    refuse_torn_groups,
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


def test_test_examples_with_a_near_copy_in_training_are_counted():
    """Near copies within the test split, and in validation, are none of them."""
    rows = [
        ("a", "train", "b"),
        ("b", "test", "a"),
        ("c", "test", "d"),
        ("d", "test", "c"),
    ]
    rows += [("e", "validation", "f"), ("f", "test", "e"), ("g", "test", "")]
    examples = [
        Example(name, split, near=(near,) if near else ()) for name, split, near in rows
    ]
    assert near_training(examples) == {"b"}

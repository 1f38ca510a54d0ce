"""Splits by order and by time."""

from dataclasses import replace

import pytest

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split import make_split
from tfapp.recipes.config import SplitConfig


def examples_of(count):
    """Return distinct examples."""
    return tuple(Example(f"{i}", content_hash=f"h{i}") for i in range(count))


def splits(examples, **shares):
    """Return the split of each example, in their order."""
    return [e.split for e in make_split(examples, SplitConfig(**shares))]


def test_the_last_slices_are_the_test():
    """By order: neighbours stay together, the test at the end."""
    found = splits(examples_of(30), by="order", test=0.2, validation=0.125)
    assert found == ["train"] * 21 + ["validation"] * 3 + ["test"] * 6


def test_copies_of_test_slices_are_not_learned():
    """A copy, or a member of the group, that comes earlier goes with the test."""
    hashes = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "a"]
    examples = tuple(Example(str(i), content_hash=h) for i, h in enumerate(hashes))
    found = splits(examples, by="order", test=0.1, validation=0.0)
    assert [i for i, split in enumerate(found) if split == "test"] == [0, 9]
    grouped = [
        replace(e, group="g" if i in (4, 9) else "") for i, e in enumerate(examples)
    ]
    found = splits(grouped, by="order", test=0.1, validation=0.0)
    assert [i for i, split in enumerate(found) if split == "test"] == [0, 4, 9]


def test_given_splits_stay():
    """The source's own test stays; validation is taken from the end of the rest."""
    examples = (*examples_of(10), Example("t", "test", content_hash="t"))
    found = splits(examples, by="order", test=0.3, validation=0.2)
    assert found == ["train"] * 8 + ["validation"] * 2 + ["test"]


def test_the_latest_moments_are_the_test():
    """By time: of several series, listed one after the other, the same moments."""
    moments = [f"2016-07-{day:02d}" for day in range(1, 11)]
    examples = tuple(
        Example(f"{series}.csv#{moment}", content_hash=f"{series}{moment}")
        for series in "ab"
        for moment in moments
    )
    found = splits(examples, by="time", test=0.2, validation=0.2)
    expected = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    assert found == expected * 2


def test_one_moment_is_in_one_split():
    """A border never lies within a moment: the later split takes all of it."""
    examples = tuple(
        Example(f"{series}#{moment}", content_hash=f"{series}{moment}")
        for series in "abc"
        for moment in "1234"
    )
    found = splits(examples, by="time", test=0.1, validation=0.0)
    assert found == ["train", "train", "train", "test"] * 3


def test_examples_without_a_moment():
    """By time needs times in the names; the way out is told."""
    with pytest.raises(DataError, match="0 has no time, .* data.split.by = 'order'"):
        splits(examples_of(4), by="time")


def test_too_few_to_validate_on():
    """One example is never taken from train."""
    with pytest.raises(DataError, match="No example can be set aside for validation"):
        splits(examples_of(1), by="order")

"""Splits: properties that hold for every set."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split import (
    check_disjoint,
    fingerprint,
    limit_per_class,
    make_split,
    refuse_torn_groups,
)
from tfapp.recipes.config import SplitConfig

SHARES = SplitConfig(validation=0.2, test=0.2)


def labelled(name, label, split="", group="", content_hash=""):
    """Return an example of a class."""
    return Example(name, split, label, group, content_hash, label)


def examples_of(counts, split="", start=0):
    """Return distinct examples: {"a": 3} to three of class a."""
    return [
        labelled(f"{label}/{split}{i}", label, split, content_hash=f"{label}{split}{i}")
        for label, count in counts.items()
        for i in range(start, start + count)
    ]


@st.composite
def any_examples(draw):
    """Draw sets with groups, copies and mixed classes."""
    size = draw(st.integers(8, 60))
    return [
        labelled(
            f"{i:03d}",
            draw(st.sampled_from("abc")) if i >= 4 else "ab"[i % 2],
            group=draw(st.sampled_from(["", "", "", "g1", "g2"])) if i >= 8 else "",
            content_hash=str(draw(st.integers(8, 70))) if i >= 8 else str(i),
        )
        for i in range(size)
    ]


@given(any_examples(), st.integers(0, 9))
def test_properties_of_every_split(examples, seed):
    """Nothing is lost or leaked, groups hold together, every class is trained."""
    shares = SplitConfig(validation=0.2, test=0.2, seed=seed)
    result = make_split(examples, shares)
    assert [e.name for e in result] == [e.name for e in examples]
    for key in ("content_hash", "group"):
        places = defaultdict(set)
        for e in result:
            places[getattr(e, key)].add(e.split)
        places.pop("", None)
        assert all(len(splits) == 1 for splits in places.values())
    trained = {e.target for e in result if e.split == "train"}
    assert trained == {e.target for e in examples}
    assert make_split(examples, shares) == result


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(3, 200), min_size=2),
    st.floats(0.01, 0.4),
    st.floats(0.01, 0.4),
)
def test_stratified_by_class(counts, validation, test):
    """Each class of three or more is in every split, near the wanted share."""
    result = make_split(
        examples_of(counts), SplitConfig(validation=validation, test=test)
    )
    for label, count in counts.items():
        found = Counter(e.split for e in result if e.target == label)
        assert min(found.values()) >= 1
        assert len(found) == 3
        assert abs(found["test"] - test * count) <= 1
        rest = count - found["test"]
        assert abs(found["validation"] - validation * rest) <= 1


def test_given_splits_stay_and_missing_ones_are_carved():
    """Test stays as given; validation comes out of train alone."""
    examples = examples_of({"a": 10, "b": 10}, "train") + examples_of(
        {"a": 4, "b": 4}, "test"
    )
    result = make_split(examples, SHARES)
    counts = Counter(e.split for e in result)
    assert counts == {"train": 16, "validation": 4, "test": 8}
    assert all(e.split == "test" for e in result[20:])


def test_seed_changes_the_split_and_classes_do_not_disturb_each_other():
    """Another seed shuffles anew; adding a class leaves the others where they were."""
    two, three = (
        examples_of({"a": 30, "b": 30}),
        examples_of({"a": 30, "b": 30, "c": 9}),
    )
    first = make_split(two, SHARES)
    assert make_split(two, SplitConfig(validation=0.2, test=0.2, seed=1)) != first
    assert make_split(three, SHARES)[:60] == first


def test_tiny_classes():
    """One image trains; of two, one validates; of three, one tests."""
    result = make_split(examples_of({"a": 1, "b": 2, "c": 3}), SHARES)
    found = Counter((e.target, e.split) for e in result)
    assert found == {
        ("a", "train"): 1,
        ("b", "train"): 1,
        ("b", "validation"): 1,
        ("c", "train"): 1,
        ("c", "validation"): 1,
        ("c", "test"): 1,
    }


def test_large_groups_do_not_swallow_a_class():
    """With groups of very different size, a small one is held out."""
    big = [
        labelled(f"a/{i}", "a", group="big", content_hash=f"a{i}") for i in range(90)
    ]
    small = [
        labelled(f"a/s{i}", "a", group=f"s{i // 5}", content_hash=f"s{i}")
        for i in range(10)
    ]
    result = make_split(big + small + examples_of({"b": 30}), SHARES)
    assert all(e.split == "train" for e in result[:90])
    assert {e.split for e in result[90:100]} == {"test", "validation"}


def test_no_validation_possible_or_none_wanted():
    """A set of single images is an error with a way out, which works."""
    examples = examples_of({"a": 1, "b": 1})
    with pytest.raises(DataError, match="set `data.split.validation` to 0"):
        make_split(examples, SHARES)
    result = make_split(examples, SplitConfig(validation=0, test=0.2))
    assert {e.split for e in result} == {"train"}


def test_torn_groups_are_refused():
    """A group in two given splits is the user's contradiction."""
    torn = [labelled("1", "a", "train", "p7"), labelled("2", "a", "test", "p7")]
    with pytest.raises(DataError, match="Group 'p7' lies in test and train"):
        refuse_torn_groups(torn)


def test_limits_are_nested():
    """5 of a class lie within 20, and 20 within 100; held examples stay."""
    examples = make_split(examples_of({"a": 200, "b": 40}), SHARES)
    held = {e for e in examples if e.split != "train"}
    sets = [set(limit_per_class(examples, n, seed=3)) for n in (5, 20, 100)]
    assert sets[0] < sets[1] < sets[2]
    assert all(held <= kept for kept in sets)
    counts = Counter(e.target for e in sets[1] - held)
    assert counts == {"a": 20, "b": 20}
    assert set(limit_per_class(examples, 5, seed=4)) != sets[0]
    assert limit_per_class(examples, 0, seed=3) == examples


def test_fingerprint_depends_on_content_label_and_split_alone():
    """Paths and order do not count; a moved image does."""
    a = labelled("1", "x", "train", content_hash="h1")
    b = labelled("2", "y", "test", content_hash="h2")
    moved = labelled("elsewhere", "x", "train", content_hash="h1")
    other = labelled("1", "x", "test", content_hash="h1")
    assert fingerprint([a, b]) == fingerprint([b, moved])
    assert fingerprint([a, b]) != fingerprint([other, b])


def test_our_own_leaks_are_bugs():
    """The guard names the example."""
    a = labelled("1", "x", "train", content_hash="h")
    b = labelled("2", "x", "test", content_hash="h")
    with pytest.raises(RuntimeError, match="'2'"):
        check_disjoint([a, b])


def test_in_order_the_last_ones_are_the_test():
    """Neighbours stay together, the test at the end."""
    examples = tuple(Example(f"{i}", content_hash=f"h{i}") for i in range(30))
    found = make_split(examples, SplitConfig(by="order", test=0.2, validation=0.125))
    assert [e.split for e in found] == (
        ["train"] * 21 + ["validation"] * 3 + ["test"] * 6
    )


def test_in_order_copies_of_test_examples_are_not_learned():
    """A copy that comes earlier goes with the test example."""
    hashes = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "a"]
    examples = tuple(Example(str(i), content_hash=h) for i, h in enumerate(hashes))
    found = make_split(examples, SplitConfig(by="order", test=0.1, validation=0.0))
    assert [e.name for e in found if e.split == "test"] == ["0", "9"]

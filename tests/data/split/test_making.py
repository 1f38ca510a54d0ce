"""Splits: properties that hold for every set."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.data.split.making import make_split
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


def test_a_unit_counts_to_its_commonest_stratum():
    """A group of two classes is divided with the class that most of it has."""
    mixed = [labelled(f"m{i}", "ab"[i < 2], "", "g", f"m{i}") for i in range(5)]
    others = examples_of({"b": 12})
    result = make_split(mixed + others, SHARES)
    # With class a the group is the only unit, so it trains, and b is divided by itself.
    assert {e.split for e in result[:5]} == {"train"}
    assert result[5:] == make_split(others, SHARES)


def test_every_stratum_is_shuffled_in_its_own_way():
    """Two classes of equal size do not give the same places to the test."""
    result = make_split(examples_of({"a": 40, "b": 40}), SHARES)
    places = [[e.split for e in result if e.target == label] for label in "ab"]
    assert places[0] != places[1]


@pytest.mark.parametrize(
    ("sizes", "test"),
    [
        ([3] * 10, 6),  # 0.2 of 30: two groups
        ([4] * 10, 8),  # 0.2 of 40: two groups
        ([5] * 7, 5),  # 7 of 35: the second group would lie beyond it by half
        ([3, 3, 3, 3, 3], 3),
        ([6] * 6, 6),  # 7 of 36: a second group would be nearer to 12
        ([4] * 9, 8),  # 7 of 36: half of the second group fits
        ([1] * 18, 4),  # 3.6 rounded
        ([1] * 16, 3),  # 3.2 rounded
    ],
)
def test_groups_are_taken_while_half_of_the_next_still_fits(sizes, test):
    """The part nearest to the share is set aside, counted in examples."""
    examples = [
        labelled(f"{g}/{i}", "a", "", f"g{g}", f"{g}/{i}")
        for g, size in enumerate(sizes)
        for i in range(size)
    ]
    result = make_split(examples, SplitConfig(validation=0.0, test=0.2))
    assert sum(e.split == "test" for e in result) == test


def test_of_large_groups_the_smallest_is_set_aside():
    """Where no group fits the share, the one that exceeds it least is taken."""
    sizes = {"g0": 40, "g1": 20, "g2": 30}
    examples = [
        labelled(f"{g}/{i}", "a", "", g, f"{g}/{i}")
        for g, size in sizes.items()
        for i in range(size)
    ]
    for seed in range(4):
        shares = SplitConfig(validation=0.0, test=0.05, seed=seed)
        held = {e.group for e in make_split(examples, shares) if e.split == "test"}
        assert held == {"g1"}

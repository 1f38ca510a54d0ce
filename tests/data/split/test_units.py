"""What stays together."""

from hypothesis import given
from hypothesis import strategies as st

from tfapp.data.spec import Example
from tfapp.data.split import make_split, near_training
from tfapp.data.split.units import units_of
from tfapp.recipes.config import SplitConfig


def test_units_join_groups_and_copies():
    """Examples that share a group or a content belong together, through others too."""
    rows = [("g1", "1"), ("g2", "2"), ("", "1"), ("g2", "3"), ("", "3"), ("", "")]
    examples = [
        Example(str(i), group=g, content_hash=h) for i, (g, h) in enumerate(rows)
    ]
    assert units_of(examples, range(6)) == [[0, 2], [1, 3, 4], [5]]
    assert units_of(examples, [0, 3, 5]) == [[0], [3], [5]]


def alike(pairs, count, stratum=""):
    """Return examples "0", "1", … of which some pairs are near copies."""
    near = {str(i): [] for i in range(count)}
    for i, j in pairs:
        near[str(i)].append(str(j))
        near[str(j)].append(str(i))
    return [
        Example(name, "", stratum, "", name, stratum, tuple(names))
        for name, names in near.items()
    ]


def test_near_copies_are_one_unit():
    """Directly, and through others."""
    units = units_of(alike([(0, 3), (3, 5), (1, 2)], 20), range(20))
    assert [0, 3, 5] in units
    assert [1, 2] in units
    assert len(units) == 17


def test_a_film_is_cut_into_small_units():
    """Pictures that are all alike, one after the other, are not one unit."""
    film = alike([(i, i + 1) for i in range(199)], 200)
    sizes = list(map(len, units_of(film, range(200))))
    assert sum(sizes) == 200
    assert max(sizes) == 20
    assert len(sizes) < 60


def test_a_class_keeps_enough_units_for_three_splits():
    """Where all of a class look alike, some are torn apart and counted."""
    examples = alike([(i, j) for i in range(6) for j in range(i)], 6, "a")
    examples += [Example(f"b{i}", "", "b", "", f"b{i}", "b") for i in range(9)]
    assert len([u for u in units_of(examples, range(15)) if u[0] < 6]) == 3
    split = make_split(examples, SplitConfig())
    assert {e.split for e in split if e.stratum == "a"} == {
        "train",
        "validation",
        "test",
    }
    assert near_training(split)


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=30))
def test_pairs_never_lie_in_two_splits(pairs):
    """Each photo and its copy share a split, as no larger units are needed."""
    chosen, used = [], set()
    for i, j in pairs:
        if i != j and not used & {i, j}:
            used |= {i, j}
            chosen.append((i, j))
    split = make_split(alike(chosen, 80), SplitConfig())
    by_name = {e.name: e.split for e in split}
    assert all(by_name[str(i)] == by_name[str(j)] for i, j in chosen)
    assert not near_training(split)

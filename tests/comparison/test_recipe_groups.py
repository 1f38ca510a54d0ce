"""Tests of tfapp.comparison.recipe_groups."""

import pytest

from tfapp import recipes
from tfapp.comparison.recipe_groups import (
    Line,
    Named,
    differing_keys,
    lines,
    names,
    same,
    settings_of,
    value_text,
)

BASE = {
    "name": "x",
    "task": "image_classification",
    "data": {"path": "photos"},
    "model": {"name": "transfer"},
}


def described(*overrides):
    """Return a resolved recipe as nested tables."""
    table = dict(BASE)
    for text in overrides:
        table = recipes.override(table, *recipes.parse_override(text))
    return recipes.describe(recipes.build(table, "test"))


def named(name, *overrides):
    """Return a recipe's name and settings."""
    return Named(name, settings_of(described(*overrides)))


@pytest.mark.parametrize(
    "override",
    [
        "seed=3",
        "data.split.seed=3",
        "name=other",
        "description=words",
        "data.cache=none",
        "runtime.threads=1",
        "runtime.deterministic=true",
        "export.calibrated=false",
    ],
)
def test_seeds_names_and_the_machine_make_no_group(override):
    """What does not change, on purpose, what is learned is left out."""
    assert same(settings_of(described(override))) == same(settings_of(described()))


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("data.limit=5", "data.limit"),
        ("model.options.l2=0.1", "model.options.l2"),
        ("runtime.precision=float32", "runtime.precision"),
        ("training.epochs=3", "training.epochs"),
    ],
)
def test_everything_else_does(override, key):
    """The key that differs is found, options of a model included."""
    found = [settings_of(described()), settings_of(described(override))]
    assert same(found[0]) != same(found[1])
    assert differing_keys(found) == (key,)


def test_a_whole_number_is_the_same_with_a_point():
    """Options are free tables, so 1 and 1.0 both come; true is no number."""
    one, other, yes = (
        settings_of(described(f"model.options={{l2 = {n}, hidden_units = [{n}]}}"))
        for n in ("1", "1.0", "true")
    )
    assert same(one) == same(other) != same(yes)


def test_recipes_of_different_names_need_no_keys():
    """Two recipes that differ in many settings are told by their names."""
    groups = [named("one"), named("two", "training.epochs=3", "data.batch_size=8")]
    assert names(groups) == ["one", "two"]


def test_the_fewest_keys_name_variants_of_one_recipe():
    """Epochs follow the limit, so the limit says it all; one name needs no telling."""
    groups = [
        named("x", f"data.limit={n}", f"training.epochs={100 // n}") for n in (5, 20)
    ]
    assert names(groups) == ["limit=5", "limit=20"]


def test_names_take_as_many_keys_as_it_needs():
    """Two settings that vary independently are both named."""
    groups = [
        named("x", f"training.epochs={e}", f"data.batch_size={b}")
        for e in (1, 2)
        for b in (8, 16)
    ]
    assert names(groups)[1] == "batch_size=16, epochs=1"
    assert len(set(names(groups))) == 4


def test_a_setting_that_one_recipe_lacks_is_told():
    """With and without a phase that thaws."""
    head = "fine_tune.head.epochs=3"
    groups = [named("x", head), named("x", head, "fine_tune.thaw.from_layer=top")]
    assert names(groups) == ["without from_layer", "from_layer=top"]
    assert value_text(groups[0].settings, "fine_tune.thaw.from_layer") == "–"


def test_keys_are_as_short_as_all_settings_allow():
    """`epochs` alone would not say whose."""
    thaw = "fine_tune.thaw.from_layer=top"
    groups = [
        named("x", thaw, f"fine_tune.head.epochs={a}", f"fine_tune.thaw.epochs={b}")
        for a, b in ((3, 1), (3, 2), (4, 1))
    ]
    assert names(groups)[0] == "head.epochs=3, thaw.epochs=1"


def test_one_group_is_called_as_its_recipe():
    """Nothing differs, so nothing is named."""
    assert names([named("digits")]) == ["digits"]


def test_lines_join_sizes_and_what_was_set_along_with_them():
    """Two recipes at three sizes, epochs growing for few examples: two lines."""
    groups = [
        named(name, f"data.limit={n}", f"training.epochs={200 // n}")
        for name in ("features", "scratch")
        for n in (100, 5, 20)
    ]
    sizes = [200, 10, 40, 200, 10, 40]
    assert lines(groups, sizes) == [
        Line("features", (1, 2, 0)),
        Line("scratch", (4, 5, 3)),
    ]


def test_a_setting_that_varies_within_a_size_makes_lines():
    """One recipe, two rates at two sizes."""
    groups = [
        named("x", f"data.limit={n}", f"training.learning_rate={rate}")
        for n in (5, 20)
        for rate in (0.1, 0.2)
    ]
    assert lines(groups, [10, 10, 40, 40]) == [
        Line("learning_rate=0.1", (0, 2)),
        Line("learning_rate=0.2", (1, 3)),
    ]

"""Spaces: how they are written, what they refuse, and what is proposed."""

import pytest

from tests.tuning.conftest import table
from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.search import rounds_of
from tfapp.tuning.space import decode, encode, nearest, proposed, space_of


def recipe(**tuning):
    """Return the toy recipe with other keys of `[tuning]`."""
    return recipes.build(table(**tuning), "test")


def test_dotted_keys_and_nested_tables_are_the_same():
    """TOML makes tables of unquoted dotted keys; both forms mean one space."""
    nested = {"training": {"learning_rate": {"min": 0.1, "max": 0.2}}}
    dotted = {"training.learning_rate": {"min": 0.1, "max": 0.2}}
    spaces = [TuningConfig(space=s).space for s in (nested, dotted)]
    assert spaces[0] == spaces[1]
    assert list(spaces[0]) == ["training.learning_rate"]
    listed = TuningConfig(space={"model": {"options": {"filters": [[4], [8]]}}})
    assert listed.space["model.options.filters"].choices == ([4], [8])
    assert TuningConfig(space={"a": {"min": 1, "max": 2}}).space["a"].integer
    assert not TuningConfig(space={"a": {"min": 1, "max": 2.5}}).space["a"].integer


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"training.learning_rate": {"min": 2.0, "max": 1.0}}, "`min` must be below"),
        ({"training.learning_rate": {"min": 0.0, "max": 1.0, "log": True}}, "> 0"),
        ({"training.learning_rate": {"min": 1.0}}, "`min` must be below"),
        ({"training.learning_rate": {"min": 1, "max": 2, "choices": [1]}}, "either"),
        ({"data.split.validation": [0.1, 0.2]}, "same examples"),
        ({"seed": [1, 2]}, "same examples"),
        ({"training.epochs": {"min": 1, "max": 2, "when": {"x": [1]}}}, "choices of"),
        ({"training.epoch": [1, 2]}, "Did you mean 'epochs'"),
        ({"model.options.unitz": [1, 2]}, "Unknown option `unitz`"),
        ({"training.optimizer": ["adam", "adagrad"]}, "'adagrad', which this recipe"),
    ],
)
def test_wrong_spaces_are_refused_before_anything_starts(space, message):
    """Each mistake is one line that names the key."""
    with pytest.raises(ConfigError, match="(?s)" + message):
        space_of(recipe(space=space))


def test_an_objective_needs_a_direction():
    """A loss is lower when better; of another figure the recipe has to say it."""
    assert recipe(objective="val_loss").tuning.better is None
    with pytest.raises(ConfigError, match=r"tuning\.better"):
        recipe(objective="val_accuracy")


def test_values_become_the_recipe_of_a_trial():
    """Dotted keys are overrides; the seed is the trial's; `[tuning]` is left out."""
    space = space_of(recipe())
    trial = space.apply({"training.learning_rate": 0.5, "model.options.units": 8}, 7)
    assert trial.training.learning_rate == 0.5
    assert trial.model.options == {"filters": [4], "units": 8}
    assert trial.seed == 7
    assert trial.tuning is None


def test_own_values_include_defaults_of_the_network():
    """What a recipe leaves to the builder of its network is read from the builder."""
    own = space_of(recipe()).own_values()
    assert own["training.learning_rate"] == 1e-3
    assert own["training.optimizer"] == "adamw"
    assert isinstance(own["model.options.units"], int)


def test_nearest_point():
    """The recipe's own values may lie outside: trial 0 stands at the nearest point."""
    space = space_of(recipe()).dimensions
    assert nearest(space["training.learning_rate"], 5.0) == 0.1
    assert nearest(space["model.options.units"], 21) == 24
    assert nearest(space["training.optimizer"], "adam") == "adamw"
    assert nearest(space["model.options.units"], None) == 8


def test_proposed_spaces_hold_rates_and_regularisers():
    """Without a space the rates are tuned around the recipe's, and what damps."""
    bare = recipe().model_copy(update={"tuning": None})
    space = proposed(bare)
    rate = space["training.learning_rate"]
    assert (rate.min, rate.max, rate.log) == (1e-4, 1e-2, True)
    assert "model.options.dropout_rate" in space
    tuned = recipes.load_recipe("cats_dogs_fine_tune")
    assert {
        "fine_tune.head.learning_rate",
        "fine_tune.thaw.learning_rate",
        "model.options.l2",
    } <= proposed(tuned).keys()
    series = [n for n in recipes.names() if n.startswith("series/")]
    assert "training.learning_rate" in proposed(recipes.load_recipe(series[0]))


@pytest.mark.parametrize("choice", [[32, 64], True, 0.5, "sgd", 3])
def test_choices_of_any_type_survive_as_text(choice):
    """Keras Tuner takes texts; lists and truth values come back as they were."""
    assert decode(encode(choice)) == choice
    assert type(decode(encode(choice))) is type(choice)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_can_be_tuned(name, monkeypatch):
    """Whatever the domain: something is proposed, and it works at both ends."""
    monkeypatch.setenv("TFAPP_DATA", "data")
    monkeypatch.setenv("TFAPP_WEIGHTS", "weights")
    recipe = recipes.load_recipe(name)
    space = space_of(recipe)
    assert space.dimensions
    space.check()
    assert space.own_values().keys() <= space.dimensions.keys()
    assert rounds_of(recipe) >= 1

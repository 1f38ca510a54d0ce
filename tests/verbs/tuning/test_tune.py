"""The verb: what it refuses before anything starts, and what it returns."""

import json

import pytest

from tests.tuning.conftest import ToySearch, table
from tfapp import recipes
from tfapp.base.errors import ConfigError, Interrupted, TfappError, UnknownNameError
from tfapp.base.reporter import Reporter
from tfapp.tuning.plan import planned
from tfapp.tuning.process import TrialProcess
from tfapp.verbs.tuning.tune import tune

QUIET = Reporter(quiet=True)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A recipe whose trials are formulas, and where its runs go."""
    trained = ToySearch(tmp_path / "elsewhere", {}, monkeypatch)
    monkeypatch.undo()
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(TrialProcess, "run", lambda p, f: trained.train(p, f))
    recipe = recipes.build(table(), "test")
    return recipe, {"runs_folder": tmp_path / "runs", "reporter": QUIET}, trained


def test_search_goes_on_and_is_described(toy):
    """A second call with more trials adds them; the result is JSON-ready."""
    recipe, places, trained = toy
    first = tune(recipe, trials=3, **places)
    assert [t.number for t in first.history.trials] == [0, 1, 2]
    second = tune(recipe, trials=5, **places)
    assert trained.started == [0, 1, 2, 3, 4]
    found = json.loads(json.dumps(second.to_json()))
    assert len(found["trials"]) == 5
    assert found["best"] == second.history.best.number
    assert second.page.is_file()
    best = recipes.load_recipe(str(second.best_recipe))
    assert best.tuning is None


def test_changes_are_refused_but_not_of_names_and_threads(toy):
    """What makes scores incomparable is refused with its key; the rest is not."""
    recipe, places, _ = toy
    tune(recipe, trials=1, **places)
    other = recipe.model_copy(update={"description": "another word"})
    tune(other, trials=1, **places)
    epochs = recipe.training.model_copy(update={"epochs": 5})
    changed = recipe.model_copy(update={"training": epochs})
    with pytest.raises(ConfigError, match=r"training\.epochs` = 9, not 5.*--name"):
        tune(changed, trials=1, **places)
    tune(changed, trials=1, name="other", **places)
    with pytest.raises(ConfigError, match=r"`tuning\.tuner` = random, not grid"):
        tune(recipe, trials=1, tuner="grid", **places)


def test_mistakes_are_refused_at_once(toy, tmp_path):
    """Names, places and addresses that cannot be, before a tuner is imported."""
    recipe, places, _ = toy
    with pytest.raises(UnknownNameError, match="Unknown tuner 'bayes'. Did you mean"):
        tune(recipe, tuner="bayes", **places)
    with pytest.raises(ConfigError, match="--name 'a/b' cannot be"):
        tune(recipe, name="a/b", **places)
    (tmp_path / "file").write_text("")
    with pytest.raises(TfappError, match="is a file, not a folder"):
        tune(recipe, runs_folder=tmp_path / "file")
    with pytest.raises(ConfigError, match="Expected HOST:PORT"):
        tune(recipe, join="nowhere", **places)
    space = {"training.epochs": {"min": 1, "max": 9}}
    epochs = recipes.build(table(space=space), "test")
    with pytest.raises(ConfigError, match="Hyperband divides the epochs itself"):
        planned(epochs, tuner="hyperband")


def test_interrupt_ends_in_one_line(toy, monkeypatch):
    """Ctrl-C says how to go on, and the next call does."""
    recipe, places, trained = toy
    with monkeypatch.context() as patch:

        def interrupt(process, on_round):
            raise KeyboardInterrupt

        patch.setattr(TrialProcess, "run", interrupt)
        with pytest.raises(Interrupted, match="the same command goes on"):
            tune(recipe, trials=2, **places)
    assert len(tune(recipe, trials=2, **places).history.ended) == 2


def test_proposed_space_is_part_of_the_search(toy):
    """A recipe without a space is tuned in one that is proposed, and kept."""
    recipe, _, _ = toy
    bare = recipe.model_copy(update={"tuning": None})
    space, config = planned(bare)
    assert config.space == space.dimensions
    assert config.tuner == "bayesian"

"""The line of a run in TensorBoard's table of settings."""

import sys

import pytest

from tests.runs.picture import NAME, places, recipe, register
from tests.runs.watching.tensorboard_api import TensorBoard
from tfapp import domains
from tfapp.recipes import load_recipe
from tfapp.runs.watching.hparams import settings_of
from tfapp.training.loop.runner import Runner
from tfapp.verbs.run import resume, run


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    modules = {}
    register(modules)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(domains, "DOMAINS", (*domains.DOMAINS, NAME))


def statuses(folder):
    """Return the status of every line."""
    answer = TensorBoard(folder).post(
        "plugin/hparams/session_groups",
        allowedStatuses=["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_UNKNOWN"],
        colParams=[],
        startIndex=0,
        sliceSize=10,
    )
    return [s["status"] for g in answer["sessionGroups"] for s in g["sessions"]]


def test_a_run_that_failed_and_went_on(tmp_path, monkeypatch):
    """FAILURE while it has failed; once it came to its end the line says SUCCESS."""
    advance, calls = Runner._advance, []

    def fail(self):
        calls.append(self.phase)
        if len(calls) == 3:
            raise RuntimeError("boom")
        advance(self)

    with monkeypatch.context() as patch:
        patch.setattr(Runner, "_advance", fail)
        with pytest.raises(RuntimeError, match="boom"):
            run(recipe(), **places(tmp_path))
    assert statuses(tmp_path / "runs") == ["STATUS_FAILURE"]
    resume("picture", **places(tmp_path))
    assert statuses(tmp_path / "runs") == ["STATUS_SUCCESS"]


def test_nothing_is_written_unwatched(tmp_path):
    """`runtime.watch` = "off" leaves no folder of logs."""
    table = recipe().model_dump()
    table["runtime"]["watch"] = "off"
    result = run(type(recipe())(**table), **places(tmp_path))
    assert not (result.folder / "logs").exists()


def test_settings_are_those_that_differ():
    """Main settings, and what is no default; of phases those that have an effect."""
    settings = settings_of(load_recipe("digits", ["training.weight_decay=0.01"]))
    assert settings["model.name"] == "small_cnn"
    assert settings["training.weight_decay"] == 0.01
    assert "runtime.precision" not in settings
    assert "data.path" not in settings
    tuned = settings_of(load_recipe("cats_dogs_features"))
    assert "training.epochs" not in tuned
    assert tuned["fine_tune.head.epochs"] > 0

"""Runs of experiments that are not supervised."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from tests.runs.picture import NAME, places, recipe, register
from tfapp import domains, runs, training
from tfapp.base.errors import ConfigError, DamageError
from tfapp.base.reporter import Reporter
from tfapp.recipes import load_recipe
from tfapp.runs import session
from tfapp.runs.watching.events import records
from tfapp.verbs.run import resume, run

ROOT = Path(__file__).parents[2]
KILLED = "import sys; from tests.runs import picture; picture.main(sys.argv[1])"


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    modules = {}
    register(modules)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(domains, "DOMAINS", (*domains.DOMAINS, NAME))


def shown(folder):
    """Return steps and names of everything that TensorBoard has of a run's phases."""
    return {
        path.parent.relative_to(folder): [
            (event.step, value.tag)
            for data, _ in records(path)
            for event in [Event.FromString(data)]
            for value in event.summary.value
        ]
        for path in folder.glob("logs/*/*/*")
    }


@pytest.mark.slow
def test_killed_and_resumed_equals_uninterrupted(tmp_path):
    """A real process, really killed in its second phase: the rest is the same."""
    whole = run(recipe("whole"), **places(tmp_path))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"TEST_KILL": "yes", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    folder = runs.find_unfinished("picture", tmp_path / "runs").folder
    assert not (folder / "picture.npy").exists()
    result = resume("picture", **places(tmp_path))
    assert result.folder == folder
    pictures = [np.load(r.folder / "picture.npy") for r in (whole, result)]
    np.testing.assert_array_equal(*pictures)
    assert shown(folder) == shown(whole.folder)
    assert result.metrics == whole.metrics


def test_outcome_is_published(tmp_path):
    """Figures, phases and the page are there; a model only where there is one."""
    result = run(recipe(), **places(tmp_path))
    metrics = json.loads((result.folder / "metrics.json").read_text())
    assert metrics["distance"] == result.metrics["distance"]
    assert [phase["phase"] for phase in metrics["run"]["phases"]] == ["sketch", "draw"]
    assert metrics["run"]["seed"] == 0
    assert result.report.is_file()
    assert result.saved_model is None
    assert not (result.folder / "model.keras").exists()
    assert runs.Run(result.folder).status() == "complete"


def test_what_prepare_refuses_leaves_no_run(tmp_path):
    """A mistake that is found before training is one line and no folder."""
    with pytest.raises(ConfigError, match="at least 10"):
        run(recipe(iterations=5), **places(tmp_path))
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_what_a_kill_leaves_is_cleared_and_damage_is_named(tmp_path):
    """Scratch folders go when the run is resumed; a changed recipe stops it."""
    subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"TEST_KILL": "yes", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    folder = runs.find_unfinished("picture", tmp_path / "runs").folder
    exports = tmp_path / "saved_models" / "picture"
    left = [
        folder / ".metrics.json.abcdefgh",
        folder / "checkpoints" / ".a.npz.12345678",
    ]
    for path in (*left, exports / ".1.abcdefgh"):
        path.mkdir(parents=True)
    recipe_file = folder / "recipe.toml"
    sound = recipe_file.read_bytes()
    recipe_file.write_bytes(sound.replace(b"seed = 0", b"seed = 1"))
    with pytest.raises(DamageError, match=r"recipe\.toml is damaged"):
        resume("picture", **places(tmp_path))
    recipe_file.write_bytes(sound)
    resume("picture", **places(tmp_path))
    assert not [p for p in tmp_path.rglob(".*") if p.name != ".lock"]


def test_nothing_heavy_is_imported_before_tensorflow_is_started(monkeypatch):
    """Else its messages reach the user: `tfapp lr` showed eight lines of them."""

    def begin(*_, **__):
        raise InterruptedError

    monkeypatch.setattr(session, "_begin", begin)
    monkeypatch.delitem(sys.modules, "tfapp.training.devices", raising=False)
    monkeypatch.delattr(training, "devices", raising=False)
    prepared = session.prepared(load_recipe("digits"), Reporter(quiet=True))
    with pytest.raises(InterruptedError), prepared:
        pass
    assert "tfapp.training.devices" not in sys.modules

"""A run that was killed goes on where it was."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tfapp import runs
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.reporter import Reporter
from tfapp.runs.supervised import SupervisedExperiment
from tfapp.training.loop.runner import Runner
from tfapp.verbs.run import resume, run

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture
def places(tmp_path):
    """Where runs and exports go, and no progress."""
    return {
        "runs_folder": tmp_path / "runs",
        "saved_models": tmp_path / "saved_models",
        "reporter": Reporter(quiet=True),
    }


@pytest.fixture
def killed(quick, places, monkeypatch):
    """A quick run that was killed after its first epoch; returns its folder."""
    finish = Runner._finish_round

    def die(self, row):
        if len(self.progress.rows) == 1:
            raise Killed
        finish(self, row)

    with monkeypatch.context() as patch:
        patch.setattr(Runner, "_finish_round", die)
        with pytest.raises(Killed):
            run("digits", [*quick, "runtime.checkpoint_seconds=0"], **places)
    return runs.Run(places["runs_folder"] / "digits" / "1")


@pytest.mark.slow
def test_resumed_run_is_complete_and_keeps_its_first_epoch(killed, places):
    """The rest is trained, evaluated and exported in the same folder."""
    state = killed.folder / "checkpoints" / "train.state.npz"
    with np.load(state) as stored:
        before = json.loads(stored["text"].tobytes())["progress"]["rows"]
    result = resume("digits", **places)
    assert result.folder == killed.folder
    assert killed.status() == "complete"
    metrics = json.loads((killed.folder / "metrics.json").read_text())
    (phase,) = metrics["run"]["phases"]
    assert phase["epochs"][0] == before[0]
    assert len(phase["epochs"]) == 3
    assert metrics["run"]["resumed"] is True
    assert result.saved_model.is_dir()
    assert not state.exists()
    with pytest.raises(ConfigError, match="every run of 'digits' is complete"):
        resume("digits", **places)
    with pytest.raises(ConfigError, match="nothing is left to do"):
        resume(str(killed.folder), **places)


@pytest.mark.slow
def test_what_cannot_be_resumed(killed, places):
    """Each mistake is one line that says what to do instead."""
    with pytest.raises(ConfigError, match="--set seed=1.*without --resume"):
        resume("digits", ["seed=1"], **places)
    with pytest.raises(ConfigError, match="no run 'flowers'"):
        resume("flowers", **places)
    killed.recipe_file.rename(killed.folder / "other.toml")
    with pytest.raises(ConfigError, match=r"has no recipe\.toml"):
        resume("digits/1", **places)


@pytest.mark.slow
def test_a_run_still_going_on_is_left_alone(killed, places):
    """Another process in the folder is told, and its status stays."""
    code = (
        "import sys, time; from pathlib import Path; from tfapp.runs import Run;"
        "c = Run(Path(sys.argv[1])).locked(); c.__enter__(); print('in', flush=True);"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(killed.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        status = killed.status()
        with pytest.raises(ConfigError, match="is in use: another process"):
            resume("digits", **places)
        assert killed.status() == status
        other.kill()


@pytest.mark.nightly
def test_vanished_file_can_be_put_back(tmp_path, places, monkeypatch):
    """A photo deleted in mid-run: one line that names it; put back, the run goes on."""
    import tensorflow as tf

    random = np.random.default_rng(0)
    for label in ("a", "b"):
        for i in range(12):
            path = tmp_path / "photos" / label / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = random.integers(0, 256, (24, 24, 3), dtype=np.uint8)
            path.write_bytes(tf.io.encode_png(pixels).numpy())
    train, vanished = SupervisedExperiment.train, []

    def vanish(self, context):
        vanished.append(Path(self.dataset.examples["train"][0].name))
        vanished[0].rename(tmp_path / "away.png")
        train(self, context)

    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        f"""
        task = "image_classification"
        [data]
        path = "{tmp_path / "photos"}"
        batch_size = 4
        cache = "none"
        options = {{ image_size = [24, 24] }}
        [model]
        name = "small_cnn"
        options = {{ filters = [4] }}
        [training]
        epochs = 2        """
    )
    with monkeypatch.context() as patch:
        patch.setattr(SupervisedExperiment, "train", vanish)
        with pytest.raises(DataError) as caught:
            run(str(recipe), **places)
    assert vanished[0].name in str(caught.value)
    assert "--resume`" in str(caught.value)
    (tmp_path / "away.png").rename(vanished[0])
    result = resume("tiny", **places)
    assert runs.Run(result.folder).status() == "complete"


@pytest.mark.nightly
def test_sigkill_at_random_moments(tmp_path):
    """Real processes, really killed: what they leave equals an uninterrupted run."""
    command = [sys.executable, str(ROOT / "benchmarks" / "kill.py"), "digits"]
    command += ["--kills", "2", "--set", "training.epochs=4"]
    command += ["--set", "data.limit=40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 equal the uninterrupted run" in done.stdout

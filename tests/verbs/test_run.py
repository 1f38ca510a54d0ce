"""A whole run: what it leaves behind, and what it leaves when it fails."""

import csv
import errno
import json

import numpy as np
import pytest

import tfapp
from tfapp import recipes, runs
from tfapp.base.errors import ConfigError, DataError, Interrupted, TfappError
from tfapp.base.reporter import Reporter
from tfapp.runs.supervised import SupervisedExperiment
from tfapp.verbs.run import run

GO_ON = r"Go on with `tfapp run .*digits/1 --resume`"


@pytest.fixture
def attempt(tmp_path, quick):
    """Run the quick recipe, with more overrides, below the test's folder."""

    def call(*overrides):
        return run(
            "digits",
            [*quick, *overrides],
            runs_folder=tmp_path / "runs",
            saved_models=tmp_path / "saved_models",
            reporter=Reporter(quiet=True),
        )

    return call


def status(tmp_path, number=1):
    """Return how a run ended."""
    return runs.Run(tmp_path / "runs" / "digits" / str(number)).status()


def test_everything_is_there(workspace):
    """A run leaves all its records, and they agree with each other."""
    folder, result = workspace
    names = {path.name for path in result.folder.iterdir()}
    assert names >= {
        "checkpoints",
        "environment.json",
        "logs",
        "metrics.json",
        "model.keras",
        "scores.csv",
        "recipe.toml",
        "report.html",
        "split.json",
        "status.json",
        "tfapp.json",
    }
    assert result.saved_model == folder / "saved_models" / "digits" / "1"
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    assert f"tfapp predict {result.saved_model.parent} FILE" in page
    metrics = json.loads((result.folder / "metrics.json").read_text())
    with (result.folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    right = np.mean([row["label"] == row["predicted"] for row in rows])
    assert metrics["accuracy"] == pytest.approx(right)
    assert len(rows) == metrics["examples"] == 269
    assert metrics["run"]["seed"] == 0
    assert metrics["run"]["versions"]["keras"]
    assert metrics["run"]["total_seconds"] > 0
    assert metrics["run"]["peak_memory_bytes"] > 1e8


def test_logs_can_be_read_by_tensorboard(workspace):
    """The logs hold the losses of training and validation."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, result = workspace
    found = EventAccumulator(str(result.folder / "logs" / "train" / "validation"))
    found.Reload()
    assert "epoch/loss" in found.Tags()["tensors"] + found.Tags()["scalars"]


@pytest.mark.nightly
def test_stored_recipe_repeats_the_run(workspace, tmp_path):
    """The recorded recipe and seed give the same split and nearly the same model."""
    _, first = workspace
    again = run(
        recipes.load_recipe(str(first.folder / "recipe.toml")),
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "saved_models",
        reporter=Reporter(quiet=True),
    )
    split = [r.folder / "split.json" for r in (first, again)]
    assert split[0].read_text() == split[1].read_text()
    assert again.metrics["accuracy"] == pytest.approx(first.metrics["accuracy"])


@pytest.mark.nightly
def test_deterministic_runs_are_equal_to_the_bit(tmp_path, quick):
    """`runtime.deterministic` makes two runs give the same weights."""
    import subprocess
    import sys

    code = (
        "import sys, hashlib; from tfapp.verbs.run import run;"
        "from tfapp.base.reporter import Reporter;"
        "from tfapp.export.keras_file import load_model;"
        "from pathlib import Path; d = Path(sys.argv[1]);"
        f"r = run('digits', {[*quick, 'runtime.deterministic=true']!r}, "
        "runs_folder=d, saved_models=d, reporter=Reporter(True));"
        "w = load_model(r.folder / 'model.keras').get_weights();"
        "print(hashlib.sha256(b''.join(x.tobytes() for x in w)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


@pytest.mark.slow
def test_interrupt_leaves_nothing_half_written(tmp_path, attempt, monkeypatch):
    """Ctrl-C in training: one clear error, a marked run, no export."""

    def stop(self, context):
        raise KeyboardInterrupt

    monkeypatch.setattr(SupervisedExperiment, "train", stop)
    with pytest.raises(Interrupted, match=GO_ON):
        attempt()
    assert status(tmp_path) == "interrupted"
    assert not (tmp_path / "saved_models").exists()


@pytest.mark.slow
def test_interrupt_inside_tensorflow_is_one_line_too(tmp_path, attempt, monkeypatch):
    """Native code may turn Ctrl-C into an error of its own."""

    def stop(self, context):
        raise RuntimeError("KeyboardInterrupt: <EMPTY MESSAGE>")

    monkeypatch.setattr(SupervisedExperiment, "train", stop)
    with pytest.raises(Interrupted, match=GO_ON):
        attempt()
    assert status(tmp_path) == "interrupted"


@pytest.mark.slow
def test_full_disk_is_one_line(tmp_path, attempt, monkeypatch):
    """A disk that fills up in training names the run's folder."""

    def full(self, context):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SupervisedExperiment, "train", full)
    with pytest.raises(TfappError, match="the disk is full"):
        attempt()
    assert status(tmp_path) == "failed"
    assert not (tmp_path / "saved_models").exists()


@pytest.mark.slow
def test_bug_keeps_its_traceback(tmp_path, attempt, monkeypatch):
    """What is nobody's mistake but ours is not dressed up."""

    def bug(self, context):
        raise ZeroDivisionError

    monkeypatch.setattr(SupervisedExperiment, "train", bug)
    with pytest.raises(ZeroDivisionError):
        attempt()
    assert status(tmp_path) == "failed"


def test_batch_that_replicas_cannot_share(attempt, monkeypatch):
    """A batch size that does not divide is refused before data is read."""
    from tfapp.training import devices

    class Three:
        num_replicas_in_sync = 3

    monkeypatch.setattr(devices, "make_strategy", lambda runtime: Three())
    with pytest.raises(ConfigError, match="32 is not divisible by 3 replicas"):
        attempt()


@pytest.mark.slow
def test_missing_data_and_empty_test_split(attempt, tmp_path):
    """Data that is not there, and a split that leaves nothing to test on."""
    with pytest.raises(DataError, match="nowhere"):
        attempt("data.path=nowhere")
    assert not list(tmp_path.iterdir())  # a run that never began leaves no folder
    with pytest.raises(DataError, match="No example is left for the test split"):
        attempt("data.split={test = 0.0}", "training.epochs=1")


def test_a_number_that_the_task_cannot_have_is_told_before_the_data_is_read(attempt):
    """Scanning a large folder takes minutes."""
    task = ["task=capsule_classification", "task_options={reconstruction = -1.0}"]
    with pytest.raises(ConfigError, match="reconstruction"):
        attempt("data.kind=images", "data.path=digits", *task)


def test_api_is_the_package():
    """Notebooks reach every verb from the package itself."""
    assert tfapp.run is run
    assert {"fit", "check", "evaluate", "predict", "examine"} <= set(dir(tfapp))
    with pytest.raises(AttributeError, match="no attribute 'dance'"):
        tfapp.dance  # noqa: B018
    with pytest.raises(TypeError, match="overrides"):
        run(recipes.load_recipe("digits"), ["seed=1"])

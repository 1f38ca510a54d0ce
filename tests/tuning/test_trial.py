"""The trial's side of its process: real training, paused, killed and gone on with."""

import json

import pytest

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.runs import Run
from tfapp.training.loop.history import PhaseHistory
from tfapp.training.loop.runner import Runner
from tfapp.tuning.trial import GO, STOP, Job, run_trial, score_of


class Killed(BaseException):
    """Stands for SIGKILL."""


class Answers:
    """Stands for the search at the other end of the pipe."""

    def __init__(self, stop_after=99):
        self.stop_after = stop_after
        self.scores = []

    def ask(self, score):
        """Note a score; say STOP after some rounds."""
        self.scores.append(score)
        return STOP if len(score.curve) >= self.stop_after else GO


def job(folder, quick, rounds=0, objective="", better="", **more):
    """Return the job of a trial of four epochs of the recipe digits."""
    overrides = [*quick, "training.epochs=4", "runtime.deterministic=true"]
    overrides += ["runtime.checkpoint_seconds=0", "runtime.precision=float32"]
    overrides += [f"{key}={value}" for key, value in more.items()]
    recipe = recipes.load_recipe("digits", overrides)
    return Job(
        recipes.to_toml(recipe),
        str(folder / "7"),
        str(folder / "7.json"),
        rounds,
        objective,
        better,
        -1,
    )


@pytest.mark.nightly
@pytest.mark.slow
def test_paused_killed_and_whole_trials_agree(tmp_path, quick, monkeypatch):
    """However a trial is cut up, its rounds and its score are the same.

    A trial never touches the test split: nothing is evaluated, exported or reported.
    """
    asked = Answers()
    whole = run_trial(job(tmp_path / "whole", quick), asked)
    assert whole["rounds"] == 4
    assert whole["monitor"] == "val_loss"
    assert whole["value"] == min(whole["curve"])
    assert [len(s.curve) for s in asked.scores] == [1, 2, 3, 4]
    run = Run(tmp_path / "whole" / "7")
    assert run.status() == "trained"
    assert not (run.folder / "metrics.json").exists()
    first = run_trial(job(tmp_path / "paused", quick, rounds=2), Answers())
    assert first["curve"] == whole["curve"][:2]
    again = run_trial(job(tmp_path / "paused", quick, rounds=2), Answers())
    assert again["curve"] == first["curve"]
    rest = run_trial(job(tmp_path / "paused", quick, rounds=4), Answers())
    assert (rest["curve"], rest["value"]) == (whole["curve"], whole["value"])
    finish = Runner._finish_round

    def die(self, row, board):
        if len(self.progress.rows) == 2:
            raise Killed
        finish(self, row, board)

    with monkeypatch.context() as patch:
        patch.setattr(Runner, "_finish_round", die)
        with pytest.raises(Killed):
            run_trial(job(tmp_path / "killed", quick), Answers())
    resumed = run_trial(job(tmp_path / "killed", quick), Answers())
    assert (resumed["curve"], resumed["value"]) == (whole["curve"], whole["value"])
    stopped = run_trial(job(tmp_path / "stopped", quick), Answers(stop_after=3))
    assert stopped["stopped"] == "worse than the median"
    assert stopped["curve"] == whole["curve"][:3]


@pytest.mark.nightly
@pytest.mark.slow
def test_winner_is_finished_by_resume(tmp_path, quick):
    """A trial is a run: evaluation and export follow on request, nothing is trained."""
    from tfapp.base.reporter import Reporter
    from tfapp.verbs.run import resume

    outcome = run_trial(job(tmp_path / "digits_tune", quick), Answers())
    result = resume(
        str(tmp_path / "digits_tune" / "7"),
        saved_models=tmp_path / "saved_models",
        reporter=Reporter(quiet=True),
    )
    metrics = json.loads((result.folder / "metrics.json").read_text())
    rows = metrics["run"]["phases"][0]["epochs"]
    assert [row["val_loss"] for row in rows] == list(outcome["curve"])
    assert result.saved_model.is_dir()


def phase(name, rows, best, monitor="val_loss"):
    """Return what happened in a phase."""
    rows = [dict(row) for row in rows]
    return PhaseHistory(name, rows, best, None, 1.0, 1, "", monitor=monitor)


def test_score_is_that_of_the_weights_at_the_end(tmp_path, quick):
    """The best round of the last phase that was better than its start counts."""
    plain = job(tmp_path, quick)
    losses = [{"val_loss": v, "val_accuracy": 1 - v, "loss": v} for v in (0.5, 0.3)]
    head = phase("head", losses, 2)
    worse = phase("thaw", [{"val_loss": 0.4, "val_accuracy": 0.6}], 0)
    score = score_of([head, worse], plain)
    assert (score.value, score.curve) == (0.3, (0.5, 0.3, 0.4))
    assert (score.monitor, score.better) == ("val_loss", "lower")
    named = job(tmp_path, quick, objective="val_accuracy", better="higher")
    score = score_of([head, worse], named)
    assert (score.value, score.better) == (0.7, "higher")
    nan = phase("head", [{"val_loss": float("nan")}], 0)
    assert score_of([nan], plain).value is None
    with pytest.raises(ConfigError, match=r"one of \['val_accuracy', 'val_loss'\]"):
        score_of([head], job(tmp_path, quick, objective="val_iou", better="higher"))
    with pytest.raises(ConfigError, match=r"data\.split\.validation above 0"):
        score_of([phase("train", [{"loss": 1.0}], 1)], plain)

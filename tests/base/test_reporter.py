"""What a person sees of long work."""

import io
import json

import pytest
from rich.console import Console

from tfapp.base.pace import Pace
from tfapp.base.reporter import Reporter


def test_stage_is_timed_and_told(capsys):
    """A stage ends with one line on stderr: its name, its time, its detail."""
    reporter = Reporter()
    with reporter.stage("bake") as stage:
        stage.detail = "12 loaves"
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bake ")
    assert err.rstrip().endswith("12 loaves")
    assert set(reporter.seconds) == {"bake"}


def test_without_a_terminal_progress_is_a_line_now_and_then(capsys, monkeypatch):
    """Logs get a line with what is done and what time is left, not a bar."""
    reporter = Reporter()
    with reporter.stage("bake", unit="loaves") as stage:
        monkeypatch.setattr(stage, "EVERY_SECONDS", 0.0)
        stage(3, 12)
    assert "bake: 3 of 12 loaves" in capsys.readouterr().err


def test_a_budget_ends_a_stage_before_its_pace_would(capsys, monkeypatch):
    """The time left is never more than what the budget still allows."""
    with Reporter().stage("bake") as stage:
        monkeypatch.setattr(stage, "EVERY_SECONDS", 0.0)
        stage._pace = Pace(stage._start - 60.0)
        stage(1, 11)
        stage.allowed = lambda: 25.0
        stage(1, 11)
        stage.allowed = lambda: -1.0
        stage(1, 11)
    slow, budget, over = capsys.readouterr().err.splitlines()[:3]
    assert "1 of 11 images, 600 s left" in slow
    assert budget.endswith("25 s left")
    assert over.endswith("0 s left")


def test_nothing_is_predicted_from_one_step_of_many(capsys, monkeypatch):
    """The first waits for its graph, and so would every guess."""
    with Reporter().stage("train", unit="steps") as stage:
        monkeypatch.setattr(stage, "EVERY_SECONDS", 0.0)
        stage(1, 8600)
        stage(2, 8600)
    first, second = capsys.readouterr().err.splitlines()[:2]
    assert first == "  train: 1 of 8600 steps"
    assert second.startswith("  train: 2 of 8600 steps, ")
    assert second.endswith(" s left")


def test_on_a_terminal_progress_is_a_bar():
    """The bar shows what is done and left, and goes when the stage is over."""
    reporter = Reporter()
    written = io.StringIO()
    reporter.console = Console(file=written, force_terminal=True, width=120)
    with reporter.stage("bake") as stage:
        stage.allowed = lambda: 25.0
        stage._pace = Pace(stage._start - 60.0)
        stage(1, 11)
    assert "1/11" in written.getvalue()
    assert "0:00:25" in written.getvalue()


def test_without_a_terminal_every_round_is_a_line(capsys, monkeypatch):
    """Its figures, the speed, and the time left; of short rounds not every one."""
    with Reporter().stage("bake") as stage:
        stage.live = lambda: ("9 loaves/s", {"speed": 9.0})
        stage._pace = Pace(stage._start - 60.0)
        stage(1, 11)
        stage.detail = "batch 1: brown 0.9"
        stage.round("batch 1", {"brown": 0.9})
        monkeypatch.setattr(stage, "ROUND_SECONDS", 0.0)
        stage.round("batch 1", {"brown": 0.9})
    line, end = capsys.readouterr().err.splitlines()
    assert line == "  bake, batch 1: brown 0.9, 9 loaves/s, 600 s left"
    assert end.startswith("bake ")


def test_json_lines(monkeypatch):
    """Each event is one object, of numbers and not of sentences."""
    written = io.StringIO()
    reporter = Reporter(file=written, log="json")
    with reporter.stage("bake", unit="loaves") as stage:
        stage.live = lambda: ("9 loaves/s", {"speed": 9.0})
        monkeypatch.setattr(stage, "EVERY_SECONDS", 0.0)
        stage(3, 12)
        stage.round("batch 1", {"brown": float("nan")})
        reporter.say("  [hot]  ")
    progress, rounds, note, end = map(json.loads, written.getvalue().splitlines())
    for row in (progress, rounds, note, end):
        assert row.pop("time").endswith("+00:00")
    assert progress["event"] == "progress"
    assert (progress["done"], progress["total"], progress["speed"]) == (3, 12, 9.0)
    assert rounds["figures"] == {"brown": None}
    assert note == {"event": "note", "text": "[hot]"}
    assert (end["event"], end["stage"]) == ("stage", "bake")


def test_quiet_says_nothing(capsys):
    """A quiet reporter keeps notebooks and scripts clean, and still times."""
    reporter = Reporter(quiet=True)
    with reporter.stage("bake"):
        reporter.say("hello")
    assert capsys.readouterr() == ("", "")
    assert reporter.seconds


def test_a_failed_stage_is_not_told_as_done(capsys):
    """A stage that ends with an error prints no line of its own."""
    with pytest.raises(ValueError, match="burnt"), Reporter().stage("bake"):
        raise ValueError("burnt")
    assert capsys.readouterr().err == ""


def test_a_stage_around_others_counts_what_is_its_own(capsys):
    """No second is reported twice, and none between two stages is lost."""
    reporter = Reporter()
    with reporter.stage("dine", around=True) as around:
        with reporter.stage("bake") as inner:
            inner._start -= 7.0
        around._start -= 9.0
    assert reporter.seconds["bake"] == pytest.approx(7.0, abs=0.5)
    assert reporter.seconds["dine"] == pytest.approx(2.0, abs=0.5)
    assert reporter.around == []
    assert capsys.readouterr().err.startswith("bake ")

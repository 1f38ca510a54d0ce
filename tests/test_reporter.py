"""What a person sees of long work."""

import pytest

from tfapp.reporter import Reporter


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

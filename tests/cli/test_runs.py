"""`tfapp runs` and `tfapp runs rm` as a user meets them."""

import json
import sys

import pytest

from tfapp.__main__ import main


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line; return exit code, stdout and stderr."""

    def do(*arguments):
        monkeypatch.setattr(sys, "argv", ["tfapp", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code, *capsys.readouterr()

    return do


def test_runs_are_listed_and_deleted(tmp_path, call, fake_run):
    """A table, JSON, and one line per folder that is gone."""
    fake_run(tmp_path / "runs", "photos", 1, [1, 1, 1, 0])
    root = ("--runs", tmp_path / "runs")
    code, out, _ = call("runs", *root)
    assert code == 0
    assert "photos/1" in out
    assert "accuracy 75.0 %" in out
    assert json.loads(call("runs", *root, "--json")[1])[0]["name"] == "photos/1"
    code, _, err = call("runs", "rm", "photso", *root)
    assert (code, err.count("\n")) == (2, 1)
    code, out, _ = call("runs", "rm", "photos/1", *root)
    assert (code, out) == (0, f"deleted {tmp_path / 'runs' / 'photos' / '1'}\n")
    assert call("runs", *root)[1].startswith("No runs below")


def test_run_says_that_a_name_is_a_run(tmp_path, call, fake_run):
    """What is meant is one of two commands, and both are named."""
    folder = fake_run(tmp_path / "runs", "ants", 1, [1, 0])
    for text in ("ants", "ants/1", folder):
        code, _, err = call("run", text, "--runs", tmp_path / "runs")
        assert (code, err.count("\n")) == (2, 1)
        assert "is a run, not a recipe" in err
        assert f"tfapp run {folder / 'recipe.toml'}" in err
        assert "tfapp evaluate ants/1" in err
    (folder / "status.json").unlink()
    err = call("run", "ants", "--runs", tmp_path / "runs")[2]
    assert f"tfapp run {folder} --resume" in err
    assert "Unknown recipe" in call("run", "ant", "--runs", tmp_path / "runs")[2]

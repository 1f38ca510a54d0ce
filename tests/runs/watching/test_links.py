"""Runs under readable names."""

import json

import pytest

from tfapp.base.errors import ConfigError
from tfapp.runs.watching.links import Links


@pytest.fixture
def root(tmp_path):
    """Three runs, one of them finished, and a search above its trials."""
    root = tmp_path / "runs"
    for name in ("cats/1", "cats/2", "dogs_tune/0"):
        (root / name / "logs").mkdir(parents=True)
    (root / "dogs_tune" / "events.out.tfevents.1.hparams").write_bytes(b"columns")
    metric = {"key": "accuracy", "short": "accuracy", "unit": "%"}
    metrics = {"accuracy": 0.5, "metric": metric}
    (root / "cats" / "2" / "metrics.json").write_text(json.dumps(metrics))
    return root


def linked(folder):
    """Return the links below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.glob("*/*"))


def test_all_runs(root, tmp_path):
    """Finished ones with their figure, and what a search says of its columns."""
    links = Links(tmp_path / "links", (), root)
    links.refresh()
    assert linked(links.folder) == [
        "cats/1",
        "cats/2 accuracy 50.0\N{NO-BREAK SPACE}%",
        "dogs_tune/0",
        "dogs_tune/events.out.tfevents.1.hparams",
    ]
    (root / "cats" / "3" / "logs").mkdir(parents=True)
    links.refresh()
    assert "cats/3" in linked(links.folder)


def test_some_runs(root, tmp_path):
    """A number, a folder, or all of a name."""
    names = ["cats/1", str(root / "dogs_tune" / "0")]
    links = Links(tmp_path / "links", names, root)
    links.refresh()
    assert linked(links.folder)[:2] == ["cats/1", "dogs_tune/0"]
    links = Links(tmp_path / "more", ["cats"], root)
    links.refresh()
    assert len(linked(links.folder)) == 2


def test_nothing_to_show(tmp_path):
    """No runs, or no such run, is one clear line."""
    with pytest.raises(ConfigError, match="tfapp run digits"):
        Links(tmp_path, (), tmp_path / "runs").refresh()
    with pytest.raises(ConfigError, match="No run 'x'"):
        Links(tmp_path, ["x"], tmp_path / "runs").refresh()

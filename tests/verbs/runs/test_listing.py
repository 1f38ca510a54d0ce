"""Listing the runs that exist."""

import json

from tfapp import runs
from tfapp.base.files import write_json
from tfapp.verbs.runs.listing import list_runs


def test_a_row_per_run_the_newest_last(tmp_path, fake_run):
    """Date, task, figure and size come from the files of the run."""
    for number, started in ((1, "2026-03-02T10:00:00+01:00"), (2, "2025-01-01T09:30")):
        folder = fake_run(tmp_path, "photos", number, [1, 1, 1, 0])
        write_json(folder / "environment.json", {"started": started})
    newest = list_runs(tmp_path)[-1]
    assert [row.name for row in list_runs(tmp_path)] == ["photos/2", "photos/1"]
    assert (newest.date, newest.task) == ("2026-03-02 10:00", "image_classification")
    assert (newest.figure, newest.value, newest.unit) == ("accuracy", 0.75, "%")
    assert newest.result == "accuracy 75.0\u00a0%"
    folder = tmp_path / "photos" / "1"
    assert newest.size == sum(path.stat().st_size for path in folder.iterdir())
    assert json.loads(json.dumps(newest.to_json()))["status"] == "complete"


def test_unfinished_and_damaged_runs_have_a_row(tmp_path, fake_run):
    """A run without figures shows how far it came; damage does not end the list."""
    runs.create(tmp_path, "half").set_status("interrupted")
    (fake_run(tmp_path, "torn", 1, [1]) / "metrics.json").write_text("{")
    assert [row.result for row in list_runs(tmp_path)] == [
        "interrupted",
        "damaged figures: n/a",
    ]


def test_what_is_no_run_is_not_listed(tmp_path):
    """Class folders called by numbers, and a folder that is not there."""
    (tmp_path / "digits" / "7").mkdir(parents=True)
    (tmp_path / "digits" / "7" / "a.png").touch()
    assert list_runs(tmp_path) == list_runs(tmp_path / "none") == []

"""A run's network as a file that `predict` takes."""

import json

import pytest

import tfapp
from tfapp.base.errors import ModelError, UnknownNameError
from tfapp.base.reporter import Reporter

QUIET = Reporter(quiet=True)


def test_a_file_predicts_as_its_run_does(workspace, photos, tmp_path):
    """Labels, preprocessing and calibration come from the card next to it."""
    folder, _ = workspace
    where = {"runs_folder": folder / "runs", "reporter": QUIET}
    path = tfapp.export_file("digits", "litert", tmp_path / "net.tflite", **where)
    card = json.loads((tmp_path / "net.tflite.json").read_text())
    assert card["class_names"] == [str(i) for i in range(10)]
    assert card["preprocess"]["image_size"]
    assert card["file"]["max_difference"] < 1e-3
    inputs = [str(photos / f"digit{i}.png") for i in range(3)]
    rows = tfapp.predict(str(path), inputs, **where).rows
    expected = tfapp.predict("digits", inputs, **where).rows
    for row, other in zip(rows, expected, strict=True):
        assert row.columns["label"] == other.columns["label"]
        shares, others = (r.columns["probabilities"] for r in (row, other))
        assert shares == pytest.approx(others, abs=1e-4)
    (tmp_path / "net.tflite.json").unlink()
    with pytest.raises(ModelError, match=r"needs net\.tflite\.json next to it"):
        tfapp.load(path, reporter=QUIET)


def test_mistakes_are_one_line(workspace, tmp_path):
    """An unknown format, a wrong name of the file, no such run."""
    folder, _ = workspace
    where = {"runs_folder": folder / "runs", "reporter": QUIET}
    with pytest.raises(UnknownNameError, match="Unknown format 'tflite'"):
        tfapp.export_file("digits", "tflite", **where)
    with pytest.raises(ModelError, match=r"a litert file ends in \.tflite"):
        tfapp.export_file("digits", "litert", tmp_path / "net.onnx", **where)

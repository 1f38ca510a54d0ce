"""A run's model gets one version, whoever publishes at the same time."""

import json

import pytest

from tfapp.base.errors import ExportError
from tfapp.export.files import publishing

CARD = {
    "environment": {"id": "run"},
    "parity": {"max_difference": 0.0},
    "latency": {"load_ms": 1.0, "first_request_ms": 1.0, "second_request_ms": 1.0},
}


def publish(folder, monkeypatch, export):
    """Publish with another function in place of the export itself."""
    monkeypatch.setattr(publishing, "export_model", export)
    return publishing.publish_model(
        None, None, folder, examples=(), card=CARD, tolerance=1e-4
    )


def test_a_version_that_another_run_took_is_passed_over(tmp_path, monkeypatch):
    """The number is taken while this run exports: it takes the next one."""
    tried = []

    def export(exported, interface, destination, **options):
        tried.append(destination.name)
        if len(tried) == 1:
            destination.mkdir()
            raise ExportError("exists already")
        return destination

    assert publish(tmp_path, monkeypatch, export).name == "2"
    assert tried == ["1", "2"]


def test_a_published_run_does_not_publish_again(tmp_path, monkeypatch):
    """What was killed behind its export finds its version by the run's identity."""
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "tfapp.json").write_text(json.dumps(CARD))

    def export(*arguments, **options):
        raise AssertionError

    assert publish(tmp_path, monkeypatch, export).path == tmp_path / "1"


def test_a_failed_export_is_no_taken_number(tmp_path, monkeypatch):
    """Its error is the user's, and nothing is tried again."""

    def export(*arguments, **options):
        raise ExportError("differs")

    with pytest.raises(ExportError, match="differs"):
        publish(tmp_path, monkeypatch, export)

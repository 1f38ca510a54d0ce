"""The figures of a GPU: every section runs, records its failures, and ends in time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from gpu_parts.book import OUT_OF_TIME, Book, Clock, speed
from gpu_parts.table import table

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
WITHOUT_TENSORFLOW = """
import runpy, sys

class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def rows_of(path):
    """Return the rows that a section wrote."""
    return json.loads(path.read_text(encoding="utf-8"))["rows"]


@pytest.fixture
def section(tmp_path):
    """Run a section in a process that has no TensorFlow; get its rows."""
    pytest.importorskip("jax", reason="the extra 'jax' is not installed")

    def run(name, *options, seconds=600.0):
        out = tmp_path / "part.json"
        command = [sys.executable, "-c", WITHOUT_TENSORFLOW]
        command += [str(BENCHMARKS / "gpu.py"), "--tiny", "--sections", name]
        command += ["--until", str(time.time() + seconds), "--out", str(out)]
        path = os.pathsep.join([str(BENCHMARKS.parent), str(BENCHMARKS)])
        variables = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": path}
        done = subprocess.run(
            [*command, *options], env=os.environ | variables, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        return rows_of(out)

    return run


@pytest.mark.slow
def test_capsnet_learns_and_reports_the_test_error_of_each_epoch(section, tmp_path):
    """Two epochs of a few digits in the layout of Keras' mnist.npz."""
    random, digits = np.random.default_rng(0), {}
    for part, count in (("train", 12), ("test", 8)):
        images = random.integers(0, 256, (count, 28, 28))
        digits[f"x_{part}"] = images.astype("uint8")
        digits[f"y_{part}"] = random.integers(0, 10, count).astype("uint8")
    np.savez(tmp_path / "mnist.npz", **digits)
    plan, *epochs = section("capsnet", "--mnist", str(tmp_path / "mnist.npz"))
    assert plan["epochs"] == len(epochs) == 2
    assert all(0 <= row["test_error_percent"] <= 100 for row in epochs)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("others", {"unet", "lstm", "capsnet", "matrix_capsules", "lstm_loop"}),
        ("networks", {"VGG16"}),
        ("largest", {"capsnet", "VGG16"}),
    ],
)
def test_sections_measure_every_network_without_tensorflow(section, name, names):
    """No row is a failure; each is a speed, or was skipped when the time was over."""
    rows = section(name, "--networks", "VGG16", "--precisions", "float32")
    assert {row["name"] for row in rows} == names
    assert not [row for row in rows if "error" in row]
    assert all(row.get("per_s", 0) > 0 or row["skipped"] == OUT_OF_TIME for row in rows)
    assert any("per_s" in row for row in rows)


def test_a_failure_is_a_row_and_the_rest_goes_on(tmp_path):
    """The traceback is kept, and what was written before is still there."""
    book = Book(tmp_path / "a.json", Clock(time.time() + 60))
    book.add(name="first", per_s=1.0)
    with book.guarded(name="second"):
        raise ValueError("no such kernel")
    book.add(name="third", per_s=2.0)
    first, second, third = rows_of(tmp_path / "a.json")
    assert (first["per_s"], third["per_s"]) == (1.0, 2.0)
    assert "no such kernel" in second["error"]


def test_what_no_longer_fits_is_recorded_as_skipped(tmp_path):
    """A row says that the time is over."""
    book = Book(tmp_path / "a.json", Clock(time.time() + 5))
    assert book.fits(1.0, name="quick")
    assert not book.fits(60.0, name="slow")
    assert rows_of(tmp_path / "a.json") == [{"name": "slow", "skipped": OUT_OF_TIME}]


def test_speed_counts_items_of_a_step():
    """A step of 10 ms with 4 images gives at most 400 images/s."""
    found = speed(lambda: time.sleep(0.01), lambda _: None, 4, tiny=True)
    assert 0 < found["per_s_least"] <= found["per_s"] <= found["per_s_most"] <= 400


def test_table_without_figures_says_so_in_every_row():
    """docs/results.md has these rows until a GPU is at hand."""
    text = table({})
    rows = [line for line in text.splitlines() if line.startswith("|")]
    bodies = [r for r in rows if "no GPU yet" in r]
    assert len(bodies) == len(rows) - 2 * 4
    document = BENCHMARKS.parent / "docs" / "results.md"
    assert "## On a GPU" in document.read_text(encoding="utf-8")


def test_table_shows_figures_ratios_and_reasons():
    """Speeds side by side; failures and what was skipped in words."""
    row = {"name": "VGG16", "work": "all", "policy": "mixed_bfloat16"}
    lost = {"name": "MobileNetV2", "policy": "float32", "error": "…"}
    peer = {**row, "policy": "bf16 autocast", "per_s": 1000.0}
    largest = [
        {"name": "VGG16", "batch": 512, "fits": True, "per_s": 9.0},
        {"name": "VGG16", "batch": 1024, "fits": False},
    ]
    sections = {
        "networks": {"rows": [{**row, "per_s": 1500.0}, lost]},
        "pytorch": {"rows": [peer]},
        "largest": {"rows": largest},
    }
    card = {"device": "Card", "memory": "80 GB", "driver": "1", "jax": "0.11"}
    text = table({"card": card, "sections": sections})
    assert "| not measured | 1,500 | not measured | 1,000 | 1.50 |" in text
    assert "| failed |" in text
    assert "512; 1024 does not fit" in text
    assert "Card: Card, 80 GB, driver 1; jax 0.11." in text


def test_a_full_memory_ends_the_doubling(tmp_path, monkeypatch):
    """The last batch that fits is followed by the one that does not."""
    pytest.importorskip("jax", reason="the extra 'jax' is not installed")
    pytest.importorskip("keras")
    from gpu_parts import largest, subjects

    def one_step(subject, _):
        if subject.items > 8:
            raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory")
        return {"per_s": 1.0, "temporary_gb": 1.0}

    monkeypatch.setattr(largest, "one_step", one_step)
    subject = subjects.Subject(None, None, np.ones((1, 2)), np.ones(1), 1)
    book = Book(tmp_path / "a.json", Clock(time.time() + 60))
    options = type("Options", (), {"tiny": True})()
    largest.double(book, "VGG16", subject, "mixed_bfloat16", options)
    assert [row["fits"] for row in rows_of(tmp_path / "a.json")] == [True, False]

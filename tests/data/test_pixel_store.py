"""Where decoded images are kept."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tfapp.data import pixel_store
from tfapp.data.pixel_store import (
    available_memory,
    disk_folder,
    fill_disk,
    fill_memory,
    plan_store,
)
from tfapp.data.spec import Example
from tfapp.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 1), dtype=np.uint8)
EXAMPLES = [Example(f"{i}.png", "a", content_hash=f"{i}" * 8) for i in range(5)]


def load(index):
    """Return pixels as a decoder would."""
    return tf.gather(tf.constant(PIXELS), index)


@pytest.mark.parametrize(
    ("wanted", "num_bytes", "kind"),
    [
        ("auto", 25, "memory"),
        ("auto", 26, "disk"),
        ("auto", 501, "none"),
        ("memory", 10**9, "memory"),
        ("disk", 10, "disk"),
        ("none", 10, "none"),
    ],
)
def test_choice(monkeypatch, tmp_path, wanted, num_bytes, kind):
    """A quarter of memory, else half of the disk, else nothing; a wish is obeyed."""
    monkeypatch.setattr(pixel_store, "available_memory", lambda: 100)
    monkeypatch.setattr(pixel_store, "_free_disk", lambda folder: 1000)
    plan = plan_store(wanted, num_bytes, tmp_path)
    assert plan.kind == kind
    assert plan.note.startswith(f"cache: {kind}")


def test_note_gives_sizes(tmp_path):
    """The user reads how much of how much."""
    note = plan_store("memory", 301_000_000, tmp_path / "not" / "there").note
    assert re.fullmatch(r"cache: memory \(301 MB of [\d.]+ [MG]B free\)", note)


def test_a_container_limit_counts(monkeypatch, tmp_path):
    """A control group's limit is what is available, if it is the smaller."""
    monkeypatch.setattr(pixel_store, "CGROUP", tmp_path)
    free = available_memory()
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    assert available_memory() == 3000
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory() == pytest.approx(free, rel=0.2)


def test_memory_and_disk_give_back_the_pixels(tmp_path):
    """Both stores return every image unchanged."""
    stores = [
        fill_memory(load, 5, (3, 4, 1)),
        fill_disk(load, EXAMPLES, (3, 4, 1), tmp_path),
    ]
    for store in stores:
        for index in (4, 0, 2):
            np.testing.assert_array_equal(store(tf.constant(index)), PIXELS[index])


def test_disk_decodes_only_what_is_missing(tmp_path):
    """Kept files are used again; a file of the wrong size is made anew."""
    fill_disk(load, EXAMPLES, (3, 4, 1), tmp_path)
    (tmp_path / "11" / ("1" * 8 + ".raw")).write_bytes(b"half")
    decoded = []

    def spy(index):
        tf.py_function(lambda i: decoded.append(int(i)), [index], [])
        return load(index)

    store = fill_disk(spy, EXAMPLES, (3, 4, 1), tmp_path)
    assert decoded == [1]
    np.testing.assert_array_equal(store(tf.constant(1)), PIXELS[1])
    assert not [f for f in tmp_path.rglob(".*")]


def test_other_preprocessing_is_another_folder(tmp_path):
    """Sizes never mix."""
    small, large = ({"image_size": [n, n]} for n in (8, 9))
    assert disk_folder(tmp_path, small) != disk_folder(tmp_path, large)
    assert disk_folder(tmp_path, small) == disk_folder(tmp_path, dict(small))


def test_an_image_that_vanished_is_named(tmp_path):
    """Filling a store from a file that is gone names it."""
    gone = str(tmp_path / "gone.png")

    def read(index):
        return tf.io.decode_png(tf.io.read_file(gone))

    with pytest.raises(DataError, match=r"can no longer be read: .*gone.png"):
        fill_memory(read, 1, (3, 4, 1))

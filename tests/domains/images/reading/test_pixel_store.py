"""Where decoded images are kept."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data.spec import Example
from tfapp.domains.images.reading import pixel_store
from tfapp.domains.images.reading.pixel_store import (
    Pixels,
    disk_folder,
    fill_disk,
    fill_memory,
    plan_store,
)

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 1), dtype=np.uint8)
EXAMPLES = [Example(f"{i}.png", content_hash=f"{i}" * 8) for i in range(5)]


def decoder(examples):
    """Return what decodes examples: here it looks their pixels up."""
    pixels = PIXELS[[int(e.name[0]) for e in examples]]
    return lambda index: tf.gather(tf.constant(pixels), index)


def collect(pixels, order, batch_size=2):
    """Return indices and pixels of all batches."""
    batches = pixels.batches(np.array(order), batch_size)
    indices, images = zip(*batches.as_numpy_iterator(), strict=True)
    assert [len(i) for i in indices[:-1]] == [batch_size] * (len(indices) - 1)
    return np.concatenate(indices), np.concatenate(images)


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
    monkeypatch.setattr(pixel_store, "free_disk", lambda folder: 1000)
    plan = plan_store(wanted, num_bytes, tmp_path)
    assert plan.kind == kind
    assert plan.note.startswith(f"cache: {kind}")


def test_note_gives_sizes(tmp_path):
    """The user reads how much of how much."""
    note = plan_store("memory", 301_000_000, tmp_path / "not" / "there").note
    assert re.fullmatch(r"cache: memory \(301 MB of [\d.]+ [MG]B free\)", note)


def test_every_way_gives_the_pixels(tmp_path):
    """Stored or decoded anew: the same batches in the order asked for."""
    ways = [
        fill_memory(decoder, EXAMPLES, (3, 4, 1)),
        fill_disk(decoder, EXAMPLES, (3, 4, 1), tmp_path),
        Pixels(decoder(EXAMPLES), by_batch=False),
    ]
    for pixels in ways:
        indices, images = collect(pixels, [4, 0, 2, 2, 1])
        assert indices.tolist() == [4, 0, 2, 2, 1]
        np.testing.assert_array_equal(images, PIXELS[indices])


@pytest.fixture
def spy():
    """Return a decoder that notes the names of what it decodes, and the notes."""
    decoded = []

    def make(examples):
        load = decoder(examples)

        def spied(index):
            tf.py_function(lambda i: decoded.append(examples[int(i)].name), [index], [])
            return load(index)

        return spied

    return make, decoded


def test_disk_decodes_only_what_is_missing(tmp_path, spy):
    """Rows are used again; those of a damaged file are made anew."""
    make, decoded = spy
    fill_disk(decoder, EXAMPLES[:3], (3, 4, 1), tmp_path)
    (path,) = tmp_path.iterdir()
    fill_disk(make, EXAMPLES, (3, 4, 1), tmp_path)
    assert sorted(decoded) == ["3.png", "4.png"]
    decoded.clear()
    path.write_bytes(path.read_bytes()[:40])
    pixels = fill_disk(make, [*EXAMPLES, EXAMPLES[0]], (3, 4, 1), tmp_path)
    assert sorted(decoded) == ["0.png", "1.png", "2.png"]
    np.testing.assert_array_equal(collect(pixels, range(5))[1], PIXELS)
    assert not [f for f in tmp_path.rglob(".*")]


def test_an_interrupted_filling_keeps_what_it_has(tmp_path, spy, monkeypatch):
    """Ctrl-C in the middle: the next run decodes the rest only."""
    make, decoded = spy
    real = pixel_store._all

    def interrupted(*arguments):
        images = real(*arguments)
        yield from (next(images) for _ in range(3))
        raise KeyboardInterrupt

    monkeypatch.setattr(pixel_store, "_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fill_disk(decoder, EXAMPLES, (3, 4, 1), tmp_path)
    monkeypatch.undo()
    fill_disk(make, EXAMPLES, (3, 4, 1), tmp_path)
    assert sorted(decoded) == ["3.png", "4.png"]


def test_damage_between_passes(tmp_path):
    """Rows that the disk gives back changed end the pass, with a line on it."""
    pixels = fill_disk(decoder, EXAMPLES, (3, 4, 1), tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[15] ^= 1
    path.write_bytes(content)
    with pytest.raises(tf.errors.OpError, match=r"stored rows are damaged \(row 1"):
        collect(pixels, range(5))


def test_other_preprocessing_is_another_folder(tmp_path):
    """Sizes never mix."""
    small, large = ({"image_size": [n, n]} for n in (8, 9))
    assert disk_folder(tmp_path, small) != disk_folder(tmp_path, large)
    assert disk_folder(tmp_path, small) == disk_folder(tmp_path, dict(small))


def test_an_image_that_vanished_is_named(tmp_path):
    """Filling a store from a file that is gone or broken names it."""
    paths = [tmp_path / f"{i}.png" for i in range(5)]
    for path in paths:
        path.write_bytes(tf.io.encode_png(PIXELS[0]).numpy())
    examples = [Example(str(p), content_hash=p.name) for p in paths]

    def decode(examples):
        names = tf.constant([e.name for e in examples])
        return lambda i: tf.io.decode_png(tf.io.read_file(names[i]), channels=1)

    paths[3].write_bytes(b"no image")
    with pytest.raises(DataError, match=r"3.png can no longer be read"):
        fill_memory(decode, examples, (3, 4, 1))
    paths[2].unlink()
    with pytest.raises(DataError, match=r"2.png can no longer be read .*No such file"):
        fill_disk(decode, examples, (3, 4, 1), tmp_path / "rows")
    paths[2].write_bytes(paths[0].read_bytes())
    assert pixel_store.RowStore(tmp_path / "rows").missing(
        [e.content_hash for e in examples]
    ) == [2, 3, 4]

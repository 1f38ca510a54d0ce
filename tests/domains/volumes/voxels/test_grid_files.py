"""Grids in files: what is read, in the graph alike, and what is refused."""

import ast
import io
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.volumes.voxels.grid_files import GridError, plain_npy, read_grid
from tfapp.domains.volumes.voxels.npy_graph import KINDS, decode_npy
from tfapp.domains.volumes.voxels.preprocessor import (
    VoxelPreprocessor,
    read_preprocessor,
)

GRID = np.arange(24).reshape(2, 3, 4)
SHAPE = (2, 3, 4)


def npy(values, version=None):
    """Return the content of a .npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(values), version, allow_pickle=True)
    return stream.getvalue()


def npz(**arrays):
    """Return the content of a .npz file."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def test_the_graph_reads_what_numpy_writes():
    """Every dtype and version of a header gives the numbers of np.load."""
    arrays = [(GRID % 2 if kind == "|b1" else GRID).astype(kind) for kind in KINDS]
    contents = [npy(a) for a in arrays] + [npy(GRID, v) for v in ((2, 0), (3, 0))]
    read = tf.function(lambda c: decode_npy(c, SHAPE))(tf.constant(contents))
    expected = [a.astype(np.float32) for a in arrays] + [GRID, GRID]
    np.testing.assert_array_equal(read, np.stack(expected))


def test_the_graph_refuses_in_one_sentence():
    """Other shapes, orders, dtypes and content that is cut off are named."""
    whole = npy(GRID.astype("<f4"))
    cases = {
        "is no .npy file": b"PNG",
        r"shape \(2,3,4\), received: \(4,3,2\)": npy(GRID.reshape(4, 3, 2)),
        "Fortran order": npy(np.asfortranarray(GRID)),
        "unknown dtype: >f8": npy(GRID.astype(">f8")),
        "is cut off": whole[:-3],
        "received: ": whole[:40],
    }
    decode = tf.function(lambda c: decode_npy(c, SHAPE))
    for message, content in cases.items():
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            decode(tf.constant([content]))


def test_files_become_what_the_graph_reads():
    """Archives, big-endian and Fortran arrays are rewritten, bytes stay bytes."""
    for content in (
        npz(anything=GRID),
        npz(labels=np.zeros(3), voxels=GRID),
        npy(GRID.astype(">i4")),
        npy(np.asfortranarray(GRID, "f8")),
        npy(GRID.astype("u1")),
    ):
        read = decode_npy(tf.constant([plain_npy(content)]), SHAPE)
        np.testing.assert_array_equal(read[0], GRID)
    assert len(plain_npy(npy(GRID.astype("u1")))) < len(plain_npy(npy(GRID)))


def test_grids_are_read_in_every_version_and_order():
    """What np.load gives is read, and may be written to."""
    arrays = GRID, np.asfortranarray(GRID, ">f8"), GRID % 2 == 0
    contents = [npy(GRID, v) for v in ((1, 0), (2, 0), (3, 0))] + list(map(npy, arrays))
    for content in contents:
        read, expected = read_grid(content), np.load(io.BytesIO(content))
        np.testing.assert_array_equal(read, expected)
        assert read.dtype == expected.dtype
        read += read


def test_one_thread_reads_a_header_at_a_time(monkeypatch):
    """Python's parser of literals fails now and then in two threads at once."""
    parse, inside, most = ast.literal_eval, [], []

    def watched(text):
        inside.append(text)
        time.sleep(0.01)
        most.append(len(inside))
        inside.pop()
        return parse(text)

    monkeypatch.setattr(ast, "literal_eval", watched)
    with ThreadPoolExecutor(4) as pool:
        grids = list(pool.map(read_grid, [npy(GRID), npz(a=GRID)] * 4))
    assert len(grids) == 8
    assert max(most) == 1


def test_what_is_no_grid_is_named():
    """Each fault has a name and a sentence; pickles are never loaded."""
    header = npy(GRID)[:128].replace(b"(2, 3, 4)", b"(9999, 9999, 9999)")
    cases = {
        "unreadable": [b"", b"text", npy(GRID)[:-1], b"PK\x03\x04", npy([object()])],
        "no volume": [npy(np.zeros((3, 4))), npy(np.zeros((2, 0, 3))), npy(3.0)],
        "no numbers": [npy(np.full((2, 2, 2), "a")), npy(GRID * 1j)],
        "several arrays": [npz(a=GRID, b=GRID)],
        "too large": [header],
    }
    for fault, contents in cases.items():
        for content in contents:
            with pytest.raises(GridError) as caught:
                read_grid(content)
            assert caught.value.fault == fault, (fault, caught.value)
            assert caught.value.detail.endswith(".")


def test_one_scaling_in_numpy_and_in_the_graph():
    """A grid gets a channel and is scaled alike; a description builds it again."""
    made = VoxelPreprocessor(SHAPE, 3.0, 2.0)
    again = read_preprocessor(made.describe())
    assert again == made
    expected = ((GRID - 3) / 2)[..., None]
    contents = tf.constant([npy(GRID)])
    np.testing.assert_allclose(again({"volume": contents})[0], expected)
    np.testing.assert_allclose(made.row(GRID), expected)
    assert VoxelPreprocessor((2, 3, 4, 5)).input_shape == (2, 3, 4, 5)

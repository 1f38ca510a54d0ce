"""Rows kept on disk."""

import errno
import os
import threading
import time
from contextlib import ExitStack

import ml_dtypes
import numpy as np
import pytest

from tfapp.base.errors import TfappError
from tfapp.data.rows import DamagedRows, RowStore, shard, store

RNG = np.random.default_rng(0)
KEYS = [f"key {i}" for i in range(20)]


def table(dtype="float32", shape=(2, 3), count=20):
    """Return rows of whole numbers below 100."""
    return RNG.integers(0, 100, (count, *shape)).astype(dtype)


def fill(folder, rows, keys=KEYS):
    """Write rows and return the store."""
    found = RowStore(folder)
    with found.writer(rows.shape[1:], rows.dtype) as add:
        for key, row in zip(keys, rows, strict=True):
            add(key, row)
    return found


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "bfloat16", "int64"])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4)])
def test_what_goes_in_comes_out(tmp_path, monkeypatch, dtype, shape):
    """Any type and shape, any order, from the writer's store and from a new one."""
    monkeypatch.setattr(shard, "SHARD_BYTES", 7 * np.dtype(dtype).itemsize)
    rows = table(dtype, shape)
    for found in (fill(tmp_path, rows), RowStore(tmp_path)):
        assert found.missing(KEYS) == []
        order = RNG.permutation(20)
        asked = found.rows([KEYS[i] for i in order])
        assert asked.shape == (20, *shape)
        assert asked.dtype == dtype
        assert asked.nbytes == rows.nbytes
        index = np.array([3, 0, 3, 19])
        np.testing.assert_array_equal(asked[index], rows[order[index]])
        np.testing.assert_array_equal(asked[4:7], rows[order[4:7]])
        loaded = found.load(KEYS)
        assert loaded.dtype == dtype
        np.testing.assert_array_equal(loaded, rows)
    assert len(list(tmp_path.iterdir())) > 1


def test_missing(tmp_path):
    """Absent keys, in order, the first of equal ones only."""
    assert RowStore(tmp_path / "not there").missing(["b", "a", "b", ""]) == [0, 1, 3]
    found = fill(tmp_path, table())
    assert found.missing(["x", "key 3", "ä\udc80", "x", *KEYS]) == [0, 2]
    assert found.missing([]) == []
    with pytest.raises(KeyError, match="nowhere"):
        found.rows(["key 1", "nowhere"])
    assert found.load([]).shape == (0, 2, 3)


def test_shards_appear_on_the_way(tmp_path, monkeypatch):
    """By size and by age; what is pending is written however the block ends."""
    rows, found = table(), RowStore(tmp_path)
    monkeypatch.setattr(shard, "SHARD_BYTES", 3 * rows[0].nbytes)
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(KeyboardInterrupt))
        add = stack.enter_context(found.writer((2, 3), "float32"))
        for i in range(7):
            add(KEYS[i], rows[i])
        assert len(RowStore(tmp_path).missing(KEYS)) == 20 - 6
        monkeypatch.setattr(shard, "SHARD_SECONDS", 0.0)
        add(KEYS[7], rows[7])
        assert len(RowStore(tmp_path).missing(KEYS)) == 20 - 8
        monkeypatch.setattr(shard, "SHARD_SECONDS", 99.0)
        add(KEYS[8], rows[8])
        raise KeyboardInterrupt
    assert len(RowStore(tmp_path).missing(KEYS)) == 20 - 9
    assert not list(tmp_path.glob(".*"))


def test_a_row_of_another_form(tmp_path):
    """A row or a writer of another shape or type is a mistake."""
    found = fill(tmp_path, table())
    with pytest.raises(ValueError, match="holds"), found.writer((2, 3), "uint8"):
        pass
    with found.writer((2, 3), "float32") as add, pytest.raises(ValueError, match="Exp"):
        add("x", np.zeros((3, 2), "float32"))


def test_damage_is_found_when_a_row_is_read(tmp_path):
    """One flipped bit of a row removes its file; the rest is found again."""
    first, second = table(), table(count=1)
    fill(tmp_path, first)
    (path,) = tmp_path.iterdir()
    found = fill(tmp_path, second, ["late"])
    content = bytearray(path.read_bytes())
    content[first[0].nbytes * 4] ^= 1
    path.write_bytes(content)
    rows = found.rows(KEYS)
    np.testing.assert_array_equal(rows[[3, 5]], first[[3, 5]])
    with pytest.raises(DamagedRows, match=r"damaged \(row 4 of 20\).*removed"):
        found.load(KEYS)
    assert found.missing([*KEYS, "late"]) == list(range(20))
    np.testing.assert_array_equal(found.load(["late"]), second)
    with pytest.raises(DamagedRows, match="No such file"):
        rows[:2]


@pytest.mark.parametrize("place", range(-40, 0))
def test_damage_of_the_index_is_found_at_once(tmp_path, place):
    """A flipped bit behind the rows: the file counts as absent and is removed."""
    fill(tmp_path, table())
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[place] ^= 128
    path.write_bytes(content)
    assert RowStore(tmp_path).missing(KEYS) == list(range(20))
    assert not path.exists()


@pytest.mark.parametrize("left", [0, 3, 100, 880, -1, -30])
def test_a_file_cut_short(tmp_path, left):
    """Wherever it ends, it counts as absent."""
    fill(tmp_path, table())
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:left])
    assert len(RowStore(tmp_path).missing(KEYS)) == 20


def test_a_file_with_something_before_its_rows(tmp_path):
    """A whole index whose rows are too many or too few is not trusted."""
    fill(tmp_path, table())
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"x" + path.read_bytes())
    assert len(RowStore(tmp_path).missing(KEYS)) == 20


def test_what_a_killed_writer_left_is_removed(tmp_path):
    """Old scratch folders go, young ones may still be written."""
    old, young = tmp_path / ".1.rows.abc", tmp_path / ".2.rows.abc"
    for folder in (old, young):
        folder.mkdir()
        (folder / "1.rows").write_bytes(b"half")
    past = time.time() - store.LEFTOVER_SECONDS - 9
    os.utime(old, (past, past))
    assert RowStore(tmp_path).missing(["a"]) == [0]
    assert not old.exists()
    assert young.exists()


def test_two_writers_and_a_reader(tmp_path):
    """Stores of one folder see each other's rows when they look again."""
    rows = table()
    one, two = RowStore(tmp_path), RowStore(tmp_path)
    with one.writer((2, 3), "float32") as left, two.writer((2, 3), "float32") as right:
        for i in range(12):
            left(KEYS[i], rows[i])
            right(KEYS[-1 - i], rows[-1 - i])
    assert one.missing(KEYS) == two.missing(KEYS) == []
    np.testing.assert_array_equal(one.load(KEYS), rows)
    np.testing.assert_array_equal(two.load(KEYS), rows)


def test_threads_read_at_once(tmp_path):
    """Every thread gets its own rows."""
    rows = table(shape=(50,), count=20)
    asked = fill(tmp_path, rows).rows(KEYS)
    wrong = []

    def read(seed):
        for index in np.random.default_rng(seed).integers(0, 20, (50, 6)):
            if not np.array_equal(asked[index], rows[index]):
                wrong.append(index)

    threads = [threading.Thread(target=read, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_full_disk(tmp_path, monkeypatch):
    """One line, earlier shards intact, nothing half-written left."""
    rows = table()
    found = fill(tmp_path, rows[:5], KEYS[:5])

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with ExitStack() as stack:
        stack.enter_context(pytest.raises(TfappError, match="disk is full"))
        add = stack.enter_context(found.writer((2, 3), "float32"))
        add(KEYS[6], rows[6])
        monkeypatch.setattr("tfapp.base.files.os.replace", full)
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(RowStore(tmp_path).load(KEYS[:5]), rows[:5])


def test_bfloat16_keeps_its_type():
    """NumPy knows the name that the files use."""
    assert np.dtype("bfloat16") == ml_dtypes.bfloat16


def test_many_rows_stay_small_and_quick(tmp_path):
    """A hundred thousand rows: no object per row, looked up in a moment."""
    keys = [f"{i:064x}" for i in range(100_000)]
    fill(tmp_path, np.arange(100_000, dtype="int32"), keys)
    assert len(list(tmp_path.iterdir())) == 1
    begin = time.process_time()
    asked = RowStore(tmp_path).rows(keys)
    assert time.process_time() - begin < 5
    np.testing.assert_array_equal(asked[[99_999, 7]], [99_999, 7])

"""Batches of stored rows."""

import ml_dtypes
import numpy as np
import pytest

from tfapp.data.rows import RowStore
from tfapp.training.transfer.row_passes import RowPasses

EXAMPLES = 10
LABELS = np.eye(EXAMPLES, dtype="float32")
KEYS = [str(i) for i in range(EXAMPLES)]


def views(count, dtype="float32"):
    """Return views whose rows say which view and which example they are."""
    table = np.arange(count * EXAMPLES).reshape(count, EXAMPLES, 1, 1)
    return [*np.broadcast_to(table, (count, EXAMPLES, 2, 3)).astype(dtype)]


def on_disk(rows, folder):
    """Return the same rows, read when needed."""
    store = RowStore(folder)
    with store.writer(rows.shape[1:], rows.dtype) as add:
        for key, row in zip(KEYS, rows, strict=True):
            add(key, row)
    return store.rows(KEYS)


def taken(batches):
    """Return batches as arrays."""
    return [(rows.numpy(), labels.numpy()) for rows, labels in batches]


@pytest.fixture(params=["memory", "disk", "both"])
def make(request, tmp_path):
    """Return a maker of passes from views in memory, on disk, or some of each."""

    def passes(count, dtype="float32", seed=0):
        kept = views(count, dtype)
        if request.param != "memory":
            first = 0 if request.param == "disk" else 1
            kept[first:] = [
                on_disk(v, tmp_path / f"{dtype} {i}")
                for i, v in enumerate(kept[first:])
            ]
        return RowPasses(kept, LABELS, 4, seed)

    return passes


def test_every_example_once_with_its_label(make):
    """A pass has each example once, each from some view."""
    passes = make(3)
    batches = taken(passes(0))
    assert [len(rows) for rows, _ in batches] == [4, 4, 2]
    assert passes.steps == 3
    rows = np.concatenate([rows for rows, _ in batches])
    labels = np.concatenate([labels for _, labels in batches]).argmax(axis=1)
    np.testing.assert_array_equal(rows[:, 0, 0] % EXAMPLES, labels)
    assert sorted(labels) == list(range(EXAMPLES))
    assert len(set(rows[:, 0, 0] // EXAMPLES)) > 1


def test_order_is_that_of_the_generator(make):
    """Order and views come from NumPy's generator of seed and epoch."""
    random = np.random.default_rng([7, 5])
    order = random.permutation(EXAMPLES)
    drawn = random.integers(2, size=EXAMPLES)
    rows = np.concatenate([rows for rows, _ in taken(make(2, seed=7)(5))])
    np.testing.assert_array_equal(rows[:, 1, 1], drawn[order] * EXAMPLES + order)


def test_pass_is_a_function_of_its_number(make):
    """Asked again, or from the middle, a pass is the same; another one is not."""
    passes = make(2)
    whole = taken(passes(3))
    for skip in range(passes.steps + 1):
        rest = taken(make(2)(3, skip=skip)) if skip < 3 else taken(passes(3, skip=skip))
        assert len(rest) == len(whole) - skip
        for one, other in zip(rest, whole[skip:], strict=True):
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])
    assert any(
        (a[1] != b[1]).any() for a, b in zip(whole, taken(passes(4)), strict=True)
    )
    streamed = taken(passes.stream(3, 1, 5))
    for one, other in zip(streamed, whole[1:] + taken(passes(4)), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_in_order(make):
    """Validation sees the first view, unshuffled."""
    batches = taken(make(2).in_order())
    np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), views(1)[0])
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), LABELS)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_short_floats(make, dtype):
    """Rows keep their type and shape, known before the first batch."""
    batches = make(2, dtype)(0)
    spec = batches.element_spec[0]
    assert spec.dtype.name == dtype
    assert spec.shape == (None, 2, 3)
    (rows, _) = taken(batches)[0]
    assert rows.dtype == np.dtype(getattr(ml_dtypes, dtype, dtype))

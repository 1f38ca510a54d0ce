"""Tables a block of rows at a time, against the whole table at once."""

import numpy as np
import pytest

from tfapp.problems import blocks
from tfapp.problems.blocks import by_rows


@pytest.mark.parametrize("values", [1, 7, 30, 1000])
def test_blocks_of_every_size_give_the_same(monkeypatch, values):
    """Blocks of less than a row, of some rows, and of the whole table."""
    monkeypatch.setattr(blocks, "BLOCK_VALUES", values)
    table, column = np.arange(50.0).reshape(10, 5), np.arange(10)
    sums = by_rows(lambda rows, own: rows.sum(axis=1) + own, table, column)
    assert np.array_equal(sums, table.sum(axis=1) + column)
    assert np.array_equal(by_rows(np.sqrt, table), np.sqrt(table))


def test_a_single_row_is_never_divided(monkeypatch):
    """What belongs to one example is answered at once."""
    monkeypatch.setattr(blocks, "BLOCK_VALUES", 2)
    assert by_rows(lambda row: row / row.sum(), np.ones(8)).sum() == 1.0

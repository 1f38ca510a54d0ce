"""Cells that no spreadsheet computes."""

import pytest

from tfapp.base.csv_cells import plain_cell, safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+x", "-x", "@SUM(A1)", "\t=1", "\r=1", "'=1"]
)
def test_formulas_are_guarded_and_read_back(text):
    """An apostrophe makes them text; reading takes it away."""
    assert safe_cell(text) == f"'{text}"
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize(
    "cell", ["cat", "", "-1.5", "+3", "-inf", "1e-9", -2, 0.5, "a=b"]
)
def test_other_cells_stay(cell):
    """Numbers, negative ones too, and plain texts."""
    assert safe_cell(cell) == cell
    assert plain_cell(str(cell)) == str(cell)

"""Written numbers against the values that they stand for."""

import numpy as np
import pytest

from tfapp.base.errors import DataError
from tfapp.domains.series.reading.numbers import (
    choose_decimal,
    is_number,
    to_numbers,
)


@pytest.mark.parametrize(
    ("cells", "decimal", "expected"),
    [
        (["1.5", "-2e3", "+4"], ".", [1.5, -2000, 4]),
        (["1,5", "-2,25", "1.234,5"], ",", [1.5, -2.25, 1234.5]),
        (["1,234.5", "12,345,678"], ".", [1234.5, 12345678]),
        (["1.234.567", "12"], ",", [1234567, 12]),
        (["1 234,5", "1\u00a0234"], ",", [1234.5, 1234]),
        (["1'234.5"], ".", [1234.5]),
        (["", "NA", "n/a", "-", "null"], ".", [np.nan] * 5),
    ],
)
def test_numbers_are_read_as_they_are_meant(cells, decimal, expected):
    """The separator is told from all cells, and the values follow."""
    present = [c for c in cells if any(d.isdigit() for d in c)]
    assert choose_decimal(present, "a.csv") == decimal
    found = to_numbers(cells, range(2, 99), decimal=decimal, where="a.csv")
    np.testing.assert_array_equal(found, expected)


def test_a_comma_before_three_digits_is_refused_without_the_option():
    """1,234 may be one and a bit, or more than a thousand."""
    with pytest.raises(DataError, match=r"'1,234' may be a decimal comma.*decimal"):
        choose_decimal(["1,234", "5,678"], "a.csv")
    assert choose_decimal(["1,234", "0.5"], "a.csv") == "."
    assert choose_decimal(["1,234", "0,567"], "a.csv") == ","
    assert choose_decimal(["1,234", "5,678"], "a.csv", ";") == ","


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999"])
def test_infinities_are_refused(cell):
    """The line and the way out are named."""
    with pytest.raises(DataError, match=r"x, line 3: .* is infinite.*leave the cell"):
        to_numbers(["1", cell], (2, 3), decimal=".", where="x")


def test_text_is_refused():
    """A word among numbers is named with its line."""
    with pytest.raises(DataError, match="x, line 3: 'broken' is not a number"):
        to_numbers(["1", "broken"], (2, 3), decimal=".", where="x")
    with pytest.raises(DataError, match="'1,23' is not a number"):
        to_numbers(["1,23"], (2,), decimal=".", where="x")
    assert not is_number("broken")
    assert all(map(is_number, ("1.2", "1,2", "1.234,5", "", "NA")))

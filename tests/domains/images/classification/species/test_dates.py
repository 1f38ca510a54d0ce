"""Dates in every form, and what is refused."""

import math

import pytest

from tfapp.base.errors import DataError
from tfapp.domains.images.classification.species.dates import days_of_year


def column(*texts):
    """Return cells with the lines they would stand in."""
    return [(f"line {i}", text) for i, text in enumerate(texts, 2)]


def test_three_forms_mean_one_day():
    """ISO with and without a time, dots, and slashes in both orders."""
    texts = ["2026-05-31", "2026-05-31T07:30:00Z", "31.05.2026", "31. 5. 2026"]
    assert days_of_year(column(*texts)) == [151.0] * 4
    assert days_of_year(column("31/05/2026", "01/06/2026")) == [151.0, 152.0]
    assert days_of_year(column("05/31/2026", "06/01/2026")) == [151.0, 152.0]
    assert days_of_year(column("2024-12-31", "2026-01-01")) == [366.0, 1.0]
    assert math.isnan(days_of_year(column(" "))[0])


def test_the_order_may_be_said():
    """What nothing shows is refused by line, with the way out, unless it is said."""
    with pytest.raises(DataError, match="line 3: '05/06/2026' may begin.*date_order"):
        days_of_year(column("04/04/2026", "05/06/2026"))
    assert days_of_year(column("05/06/2026"), "day") == [156.0]
    assert days_of_year(column("05/06/2026"), "month") == [
        126.0,
    ]
    assert days_of_year(column("04/04/2026")) == [94.0]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ("31/05/2026", "05/31/2026"),
            r"line 2: '31/05/2026' begins with the day.*line 3",
        ),
        (("31-05-2026",), "line 2: '31-05-2026' is no date. Expected 2026-05-31"),
        (("in May",), "is no date"),
        (("2026-02-30",), "'2026-02-30' is no day of the calendar"),
        (("13/13/2026",), "is no day of the calendar|begins with the day"),
    ],
)
def test_what_is_no_date_is_refused(texts, said):
    """The message names the row, what was expected and what was received."""
    with pytest.raises(DataError, match=said):
        days_of_year(column(*texts))

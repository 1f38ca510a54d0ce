"""Days of the year from dates as people write them.

2026-05-01, 1.5.2026 and slashes in either order; which order a column has shows in its
days above 12, and a column where nothing shows it is refused.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from math import nan
from typing import Literal

from tfapp.base.errors import DataError

Order = Literal["", "day", "month"]
"""What stands first in dates with slashes; "" where it has to show in the column."""

Cell = tuple[str, str]
"""Where a text stands, for messages, and the text."""

ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")
FORMS = "2026-05-31, 31.05.2026, 05/31/2026 or 31/05/2026"


def days_of_year(cells: Sequence[Cell], order: Order = "") -> list[float]:
    """Return the day of the year of each date of a column, 1 to 366.

    Args:
        cells: of the column; NaN is returned of an empty text.
        order: of dates with slashes.

    Raises:
        DataError: naming the cell that is no date, or dates of which day and month
            cannot be told apart, and the way out.
    """
    order = order or _order_of(cells)
    return [_day(where, text.strip(), order) for where, text in cells]


def _day(where: str, text: str, order: Order) -> float:
    if not text:
        return nan
    if match := ISO.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := DOTTED.fullmatch(text):
        day, month, year = map(int, match.groups())
    elif match := SLASHED.fullmatch(text):
        first, second, year = map(int, match.groups())
        day, month = (first, second) if order == "day" else (second, first)
    else:
        raise DataError(f"{where}: {text!r} is no date. Expected {FORMS}.")
    try:
        return float(date(year, month, day).timetuple().tm_yday)
    except ValueError:
        raise DataError(
            f"{where}: {text!r} is no day of the calendar. Expected {FORMS}; "
            "`data.options.date_order` says whether day or month stands first."
        ) from None


def _order_of(cells: Iterable[Cell]) -> Order:
    """Return what stands first in the dates with slashes; "" if there are none.

    Raises:
        DataError: if nothing shows it, or both orders occur.
    """
    slashed = [
        (where, text.strip(), int(match[1]), int(match[2]))
        for where, text in cells
        if (match := SLASHED.fullmatch(text.strip()))
    ]
    day_first = next((cell for cell in slashed if cell[2] > 12), None)
    month_first = next((cell for cell in slashed if cell[3] > 12), None)
    if day_first and month_first:
        raise DataError(
            f"{day_first[0]}: {day_first[1]!r} begins with the day, and "
            f"{month_first[1]!r} ({month_first[0]}) with the month. Write all dates "
            "as 2026-05-31."
        )
    if day_first or month_first:
        return "day" if day_first else "month"
    if unclear := next((cell for cell in slashed if cell[2] != cell[3]), None):
        raise DataError(
            f"{unclear[0]}: {unclear[1]!r} may begin with the day or with the month, "
            "and no other date shows which. Write 2026-05-31, or set "
            'data.options.date_order = "day" or "month".'
        )
    return ""

"""Pairs that a few lines make: sums of integers, and dates as people write them."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from tfapp.base.errors import ConfigError
from tfapp.domains.text.translation.reading.spec import Pair, PairSet

SEED = 0
LONGER = 2
"""Further digits of the sums that show whether the rule was learned."""
TRIED = 500
"""Sums of each number of digits that a trained model is tried on."""
FIRST, DAYS = date(1950, 1, 1), 36_525
"""The dates: a century, so that a year of two digits says which."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
FORMS = (
    "{weekday}, {day} {month} {year}",
    "{weekday} {month} {day}, {year}",
    "{month} {day}, {year}",
    "{short} {day}, {year}",
    "{day} {month} {year}",
    "{day} {short} {year}",
    "{day}{th} of {month} {year}",
    "the {day}{th} of {month}, {year}",
    "{month} {day}{th} {year}",
    "{day}.{number}.{year}",
    "{day:02}.{number:02}.{two}",
    "{day:02}/{number:02}/{year}",
    "{day} {short} {two}",
    "{year} {short} {day:02}",
)
"""How a date is written; numbers alone are day, month, year."""


def sums(digits: int, count: int) -> PairSet:
    """Return different sums such as "12+345" with "357".

    No two of them add the same numbers, in whatever order, so that none that is tested
    was learned.

    Args:
        digits: of each number, at most.
        count: how many.

    Raises:
        ConfigError: if there are not twice as many to choose from.
    """
    numbers = 10**digits
    if 2 * count > numbers * (numbers + 1) // 2:
        raise ConfigError(
            f"There are {numbers * (numbers + 1) // 2:,} different sums of numbers of "
            f"up to {digits} digits, and `data.options.count` = {count:,} of them are "
            "to be chosen at random. Choose at most half, or more digits."
        )
    generator = random.Random(SEED)
    chosen: dict[tuple[int, int], Pair] = {}
    while len(chosen) < count:
        a, b = (_number(generator, generator.randint(1, digits)) for _ in "ab")
        if (key := (min(a, b), max(a, b))) not in chosen:
            chosen[key] = _sum(f"sum#{len(chosen):06d}", a, b)
    further = {
        f"two numbers of {size} digits": _longer(generator, size)
        for size in range(digits + 1, digits + LONGER + 1)
    }
    return PairSet("addition", tuple(chosen.values()), count, (), further)


def _longer(generator: random.Random, digits: int) -> tuple[Pair, ...]:
    pairs = (
        (_number(generator, digits), _number(generator, digits)) for _ in range(TRIED)
    )
    return tuple(_sum(f"sum of {digits} digits#{i}", *p) for i, p in enumerate(pairs))


def _number(generator: random.Random, digits: int) -> int:
    """Return a number of exactly so many digits, 0 among those of one."""
    return generator.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)


def _sum(name: str, a: int, b: int) -> Pair:
    return Pair(name, f"{a}+{b}", str(a + b))


def dates(count: int) -> PairSet:
    """Return dates of 1950 to 2049 as people write them, with their ISO 8601 form.

    A date is a group: one that is tested was learned in no form.

    Args:
        count: how many.
    """
    generator, written = random.Random(SEED), dict[str, Pair]()
    most = DAYS * len(FORMS)
    if count > most // 4:
        raise ConfigError(
            f"`data.options.count` = {count:,}: expected at most {most // 4:,} dates."
        )
    for text, day in _written(generator):
        if text not in written:
            name = f"date#{len(written):06d}"
            written[text] = Pair(name, text, day, group=day)
        if len(written) == count:
            break
    return PairSet("dates", tuple(written.values()), count)


def _written(generator: random.Random) -> Iterator[tuple[str, str]]:
    """Yield dates in random forms and letters, with their ISO 8601 form."""
    while True:
        day = FIRST + timedelta(generator.randrange(DAYS))
        text = generator.choice(FORMS).format(
            day=day.day,
            number=day.month,
            month=MONTHS[day.month - 1],
            short=MONTHS[day.month - 1][:3],
            year=day.year,
            two=f"{day.year % 100:02}",
            weekday=WEEKDAYS[day.weekday()],
            th=_ordinal(day.day),
        )
        change = generator.choice((str, str, str.lower, str.upper))
        yield change(text), day.isoformat()


def _ordinal(number: int) -> str:
    if number in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")

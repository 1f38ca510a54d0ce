"""Times inside a TensorFlow graph: text to seconds and back, and steps ahead.

Times are seconds since 1970, int64. The calendar is the Gregorian one, as NumPy's
datetime64 has it.
"""

from typing import Any

import tensorflow as tf

from tfapp.domains.series.reading.frequency import Frequency

DAY = 86_400
TEMPLATE = "0000-01-01T00:00:00"
FORM = r"\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?)?"
PERIODS = {"day": DAY, "week": 7 * DAY, "year": 31_556_952}
"""Cycles of the calendar, and their lengths in seconds."""


def parse_times(texts: Any) -> Any:
    """Return the seconds of ISO 8601 texts such as 2026-07-01 or 2026-07-01T14:00.

    Args:
        texts: string tensor of any shape, UTC or local times without an offset.

    Raises:
        tf.errors.InvalidArgumentError: naming the first text of another form.
    """
    right = tf.strings.regex_full_match(texts, FORM)
    wrong = tf.boolean_mask(texts, tf.logical_not(right))
    message = "is not a time such as 2026-07-01T14:00:00"
    check = tf.debugging.Assert(tf.reduce_all(right), [wrong[:1], message])
    with tf.control_dependencies([check]):
        plain = tf.strings.regex_replace(texts, "Z$", "")
    length = tf.strings.length(plain)
    rest = tf.strings.substr(tf.fill(tf.shape(plain), TEMPLATE), length, 19 - length)
    whole = tf.strings.join([plain, rest])
    year, month, day, hour, minute, second = (
        tf.strings.to_number(tf.strings.substr(whole, start, size), tf.int64)
        for start, size in ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
    )
    days = days_from_civil(year * 12 + month - 1, day)
    return days * DAY + hour * 3600 + minute * 60 + second


def format_times(seconds: Any) -> Any:
    """Return texts such as 2026-07-01T14:00:00 of int64 seconds of any shape."""
    months, day = civil_from_days(tf.math.floordiv(seconds, DAY))
    within = tf.math.floormod(seconds, DAY)
    year, month = tf.math.floordiv(months, 12), tf.math.floormod(months, 12) + 1

    def two(number: Any) -> Any:
        return tf.strings.as_string(number, width=2, fill="0")

    date = [tf.strings.as_string(year, width=4, fill="0"), two(month), two(day)]
    clock = [two(within // 3600), two(within // 60 % 60), two(within % 60)]
    parts = [tf.strings.join(date, "-"), tf.strings.join(clock, ":")]
    return tf.strings.join(parts, "T")


def steps_ahead(last: Any, frequency: Frequency, horizon: int) -> Any:
    """Return the times of the steps after the last known one.

    Args:
        last: int64 (batch,) seconds.
        frequency: distance of the steps.
        horizon: number of steps.

    Returns:
        Int64 (batch, horizon) seconds.
    """
    last = last[:, None]
    number = tf.range(1, horizon + 1, dtype=tf.int64)[None]
    if frequency.unit == "second":
        return last + number * frequency.count
    days, within = tf.math.floordiv(last, DAY), tf.math.floormod(last, DAY)
    if frequency.unit == "business day":
        weekday = tf.math.floormod(days + 3, 7)  # Monday is 0
        weekends = tf.math.floordiv(weekday + number, 5)
        return (days + number + 2 * weekends) * DAY + within
    months, day = civil_from_days(days)
    months = months + number * frequency.count
    longest = days_from_civil(months + 1, tf.ones_like(months)) - days_from_civil(
        months, tf.ones_like(months)
    )
    day = longest if frequency.month_end else tf.minimum(day, longest)
    return days_from_civil(months, day) * DAY + within


def calendar_waves(seconds: Any, periods: tuple[str, ...]) -> Any:
    """Return where in the day, week or year times are, as sines and cosines.

    Args:
        seconds: int64 (..., steps).
        periods: keys of `PERIODS`.

    Returns:
        Float32 (..., steps, 2 * periods).
    """
    waves = []
    for period in periods:
        length = PERIODS[period]
        share = tf.cast(tf.math.floormod(seconds, length), tf.float64) / length
        angle = 2 * 3.141592653589793 * share
        waves += [tf.sin(angle), tf.cos(angle)]
    return tf.cast(tf.stack(waves, axis=-1), tf.float32)


def days_from_civil(months: Any, day: Any) -> Any:
    """Return days since 1970 of months since the year 0 and days of the month from 1.

    References:
        Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013,
        https://howardhinnant.github.io/date_algorithms.html
    """
    # Years that begin in March end with the day that comes and goes.
    shifted = months - 2
    year, month = tf.math.floordiv(shifted, 12), tf.math.floormod(shifted, 12)
    leap = tf.math.floordiv(year, 4) - tf.math.floordiv(year, 100)
    leap = leap + tf.math.floordiv(year, 400)
    return year * 365 + leap + (153 * month + 2) // 5 + day - 1 - 719_468


def civil_from_days(days: Any) -> tuple[Any, Any]:
    """Return months since the year 0 and the day of the month from 1, int64."""
    moved = days + 719_468
    era = tf.math.floordiv(moved, 146_097)
    within = moved - era * 146_097
    year = (within - within // 1460 + within // 36_524 - within // 146_096) // 365
    of_year = within - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    return (year + era * 400) * 12 + month + 2, day

"""Numbers as people write them: percentages, counts, durations, sizes."""

import unicodedata

MINUS = "\u2212"
NO_BREAK = "\u00a0"
"""Keeps a number and its unit on one line."""


def percent(share: float | None) -> str:
    """Write a share in [0, 1] as a percentage, "n/a" for None.

    One decimal place, and as many more (up to four) as it takes that only a whole
    share reads 100 and only nothing reads 0.
    """
    if share is None:
        return "n/a"
    return f"{_percent_digits(share)}{NO_BREAK}%"


def percent_interval(low: float, high: float) -> str:
    """Write an interval of shares, for example "96.5–97.9 %"."""
    return f"{_percent_digits(low)}–{_percent_digits(high)}{NO_BREAK}%"


def points(difference: float) -> str:
    """Write a difference of shares in percentage points."""
    return f"{abs(difference) * 100:.1f}{NO_BREAK}points"


def amount(value: float | None, unit: str) -> str:
    """Write a figure with its unit: shares in percent, "n/a" for None.

    Args:
        value: the figure.
        unit: "%" if it is a share; "" for a plain number.
    """
    if unit == "%" or value is None:
        return percent(value)
    return f"{_plain_digits(value)}{_after(unit)}"


def amount_interval(low: float, high: float, unit: str) -> str:
    """Write an interval of figures, for example "0.361–0.379 nats"."""
    if unit == "%":
        return percent_interval(low, high)
    return f"{_plain_digits(low)}–{_plain_digits(high)}{_after(unit)}"


def gap(difference: float, unit: str) -> str:
    """Write the size of a difference of figures, of shares in points."""
    if unit == "%":
        return points(difference)
    return f"{_plain_digits(abs(difference))}{_after(unit)}"


def signed_interval(low: float, high: float, unit: str) -> str:
    """Write an interval of differences with signs, of shares in points."""
    if unit == "%":
        return f"{_signed(100 * low, 1)} to {_signed(100 * high, 1)}{NO_BREAK}points"
    return f"{low:+.2g} to {high:+.2g}{_after(unit)}".replace("-", MINUS)


def count(number: int, noun: str) -> str:
    """Write a number with its noun, for example "2,000 images" or "1 image".

    Args:
        number: how many.
        noun: in the plural, ending in s ("images", "classes").
    """
    return f"{number:,}{NO_BREAK}{singular(noun) if number == 1 else noun}"


def singular(noun: str) -> str:
    """Return the singular of a regular English plural."""
    if noun.endswith("series"):
        return noun
    if noun.endswith(("sses", "shes", "ches", "xes")):
        return noun[:-2]
    return noun.removesuffix("s")


def duration(seconds: float) -> str:
    """Write seconds as "12.3 s", "3 min 12 s" or "2 h 05 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f}{NO_BREAK}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{NO_BREAK}min {rest:02d}{NO_BREAK}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}{NO_BREAK}h {minutes:02d}{NO_BREAK}min"


def size(num_bytes: int) -> str:
    """Write bytes in decimal units, for example "1.9 GB"."""
    value = float(num_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.95:
            digits = 0 if unit == "B" else 1
            return f"{value:.{digits}f}{NO_BREAK}{unit}"
        value /= 1000
    return f"{value:.1f}{NO_BREAK}TB"


def shorten(text: str, length: int) -> str:
    """Cut the middle out of a text longer than `length` characters."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def drawable(name: str, length: int) -> str:
    """Cut a name for a picture; control characters and odd bytes become escapes."""
    visible = (
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in ("Cc", "Cs")
        else character
        for character in name
    )
    return shorten("".join(visible), length)


def quoted(name: str) -> str:
    """Put a name between quotation marks, cut at 40 characters."""
    return f"“{shorten(name, 40)}”"


def encodable(text: str) -> str:
    """Write what has no UTF-8 form (bytes of odd file names) as backslash escapes."""
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _after(unit: str) -> str:
    return f"{NO_BREAK}{unit}" if unit else ""


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", MINUS)


def _plain_digits(value: float) -> str:
    """Write four significant digits, and never an exponent for large numbers."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _percent_digits(share: float) -> str:
    share = round(share, 9)  # 1 less a rounding error is 1
    for digits in range(1, 5):
        text = f"{share * 100:.{digits}f}"
        if float(text) not in (0.0, 100.0) or share in (0.0, 1.0):
            break
    return text

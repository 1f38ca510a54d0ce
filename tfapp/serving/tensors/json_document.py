"""JSON as TensorFlow Serving reads it, and the words of its errors."""

import binascii
import json
from typing import Any

from tfapp.serving.status import RequestError, invalid

LONGEST_QUOTE = 200
"""Characters of a client's own value that an error repeats."""
LARGEST_INT64 = 2**63 - 1
SMALL = STEP = 2**20
LONG_STRING = 1024
BACKSLASH = ord("\\")
LIST_BYTES, NUMBER_BYTES = 64, 32
"""What Python takes for an empty list or object, and for a number in a list."""

_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body begins with; what follows it is ignored.

    NaN, Infinity and -Infinity are numbers.

    Raises:
        RequestError: INVALID_ARGUMENT if there is none.
    """
    try:
        text = body.decode("utf-8-sig").lstrip(" \t\r\n")
    except UnicodeDecodeError as error:
        raise _parse_error("Invalid encoding in string.", error.start) from None
    if not text:
        raise _parse_error("The document is empty.", 0)
    try:
        value, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        raise _parse_error("Invalid value.", error.pos) from None
    except RecursionError:
        raise _parse_error("The document is nested too deeply.", 0) from None
    except ValueError:  # an integer of more digits than Python converts
        raise _parse_error("Number too big to be stored in double.", 0) from None
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {quote(value)} Is not object")
    return value


def parsed_bytes(body: bytes) -> int:
    """Return about how much memory the values of a JSON document take.

    Empty lists take twenty times the bytes of their text. Small documents are not
    worth the look.
    """
    if len(body) < SMALL:
        return 0
    total = 0
    for at in range(0, len(body), STEP):  # between two steps other threads have a turn
        end = at + STEP
        lists = body.count(b"[", at, end) + body.count(b"{", at, end)
        total += LIST_BYTES * lists + NUMBER_BYTES * body.count(b",", at, end)
    return total


def text_bytes(body: bytes, most: int) -> int:
    """Return the bytes of a JSON document beside its long plain strings: files.

    They cost next to nothing to read: a string of base64 has no escapes. Counting ends
    above `most`.
    """
    total = at = 0
    while total <= most:
        start = body.find(b'"', at)
        if start < 0:
            return total + len(body) - at
        end = _end_of_string(body, start, most)
        is_file = end - start > LONG_STRING and body.find(b"\\", start, end) < 0
        total += start - at + (2 if is_file else end - start)
        at = end
    return total


def _end_of_string(body: bytes, start: int, most: int) -> int:
    """Return the place behind the quote that ends a string.

    An earlier one, where the string is longer than `most` and has escapes.
    """
    at = start
    while (at := body.find(b'"', at + 1)) >= 0:
        escapes = at - 1
        while body[escapes] == BACKSLASH:
            escapes -= 1
        if (at - escapes) % 2 or at - start > most:
            return at + 1
    return len(body)


def quote(value: Any) -> str:
    """Return a value as JSON, for an error; of long ones only the beginning is read."""
    text = ""
    try:
        for piece in _ENCODER.iterencode(value):
            text += piece
            if len(text) > LONGEST_QUOTE:
                return f"{text[:LONGEST_QUOTE]}…"
    except (RecursionError, ValueError):
        return "…"
    return text


def kind_of(value: Any) -> str:
    """Return the JSON type of a value in TensorFlow Serving's words."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return "Object"
    if isinstance(value, list):
        return "Array"
    return "String" if isinstance(value, str) else "Number"


def is_base64(value: Any) -> bool:
    """Return whether a value is {"b64": "…"}: bytes."""
    return (
        isinstance(value, dict)
        and len(value) == 1
        and isinstance(value.get("b64"), str)
    )


def as_bytes(value: Any) -> bytes:
    """Return the bytes of a JSON string or of {"b64": "…"}.

    Raises:
        RequestError: INVALID_ARGUMENT if it is neither or not base64.
    """
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise _parse_error("The surrogate pair in string is invalid.", 0) from None
    if not is_base64(value):
        raise invalid(
            f"JSON Value: {quote(value)} not formatted correctly for base64 data"
        )
    return decode_base64(value["b64"])


def decode_base64(text: str) -> bytes:
    """Return the bytes of base64 text; padding may be left out, lines be broken.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    try:
        return _from_base64(text)
    except ValueError:
        pass
    try:
        return _from_base64("".join(text.split()))
    except ValueError:
        raise invalid("Unable to base64 decode") from None


def _from_base64(text: str) -> bytes:
    padding = "=" * (-len(text) % 4)
    return binascii.a2b_base64((text + padding).encode("ascii"), strict_mode=True)


def parse_whole(text: str) -> int | None:
    """Return the whole number that a client wrote in digits; None if it is none.

    Nor is it one beyond 64 bits: nothing here has such a number.
    """
    digits = text.lstrip("0") or text[:1]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        return None
    number = int(digits)
    return number if number <= LARGEST_INT64 else None


def _parse_error(reason: str, offset: int) -> RequestError:
    return invalid(f"JSON Parse error: {reason} at offset: {offset}")

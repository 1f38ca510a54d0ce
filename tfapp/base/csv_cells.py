"""Cells of CSV files that a spreadsheet takes for text, whatever they hold."""

from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With which a spreadsheet's formula begins: a class called =HYPERLINK(...) is one."""


def safe_cell(value: Any) -> Any:
    """Return a cell as it is, a text that begins like a formula behind an apostrophe.

    Numbers, also those given as texts, stay numbers.
    """
    if not isinstance(value, str) or not value.startswith((*FORMULA, "'")):
        return value
    return value if _is_number(value) else f"'{value}"


def plain_cell(text: str) -> str:
    """Return what `safe_cell` was given."""
    guarded = text.startswith("'") and text[1:].startswith((*FORMULA, "'"))
    return text[1:] if guarded else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text

"""Where in a picture a map is strong, in numbers and in words."""

from typing import Any

import numpy as np

ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "centre", "right")


def peak(values: np.ndarray) -> dict[str, Any]:
    """Return where a map is highest, and how little of the picture holds half of it.

    Args:
        values: float array (rows, columns), what is negative does not count.

    Returns:
        "x" and "y" of the highest place as shares of width and height, from the top
        left, and "half_area", the smallest share of the picture's area that holds
        half of the map; None each if nothing is positive.
    """
    positive = np.maximum(values, 0.0)
    if not positive.any():
        return {"x": None, "y": None, "half_area": None}
    row, column = np.unravel_index(int(positive.argmax()), positive.shape)
    highest = np.sort(positive, axis=None)[::-1].cumsum()
    places = int(np.searchsorted(highest, highest[-1] / 2)) + 1
    return {
        "x": round((column + 0.5) / positive.shape[1], 4),
        "y": round((row + 0.5) / positive.shape[0], 4),
        "half_area": round(places / positive.size, 4),
    }


def where(values: np.ndarray) -> str:
    """Return in a few words where a map is highest, "is empty" if nowhere."""
    highest = peak(values)
    if highest["x"] is None:
        return "is empty: nothing speaks for the class"
    place = named(highest["x"], highest["y"])
    return (
        f"peaks {place}; half of it lies on {highest['half_area']:.0%} of the picture"
    )


def named(x: float, y: float) -> str:
    """Return the name of a place, for example "at the top left" or "in the centre".

    Args:
        x: share of the width, from the left.
        y: share of the height, from the top.
    """
    row, column = ROWS[min(int(y * 3), 2)], COLUMNS[min(int(x * 3), 2)]
    if (row, column) == ("middle", "centre"):
        return "in the centre"
    if row == "middle":
        return f"at the {column}"
    return f"at the {row}" if column == "centre" else f"at the {row} {column}"

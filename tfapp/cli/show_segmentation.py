"""What a segmentation achieved and answered, for the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

HEADLINE = {"iou": "IoU", "pixel_error": "pixel error", "rand_f_score": "Rand F"}


def headline(found: Mapping[str, Any]) -> str:
    """Return IoU, pixel error and Rand F-score with their intervals, a line each."""
    images = f"of {found['examples']} test images"
    lines = [
        f"{title:<12} {found[key]:.2%} {images}{_interval(found[f'{key}_interval'])}"
        for key, title in HEADLINE.items()
        if found[key] is not None
    ]
    return "\n".join(lines)


def classes(found: Mapping[str, Any]) -> Table:
    """Return the figures of each class."""
    table = Table("class", "IoU", "Dice", "precision", "recall", "pixels")
    for name, row in found["per_class"].items():
        keys = ("iou", "dice", "precision", "recall")
        figures = ["-" if row[k] is None else f"{row[k]:.3f}" for k in keys]
        table.add_row(Text(name), *figures, f"{row['share']:.1%}")
    return table


def _interval(interval: Sequence[float] | None) -> str:
    if interval is None:
        return ""
    return f" (95 % interval {interval[0]:.2%} to {interval[1]:.2%})"

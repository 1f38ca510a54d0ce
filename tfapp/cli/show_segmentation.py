"""What a segmentation answered, for the terminal."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from tfapp.verbs.predict import Predictions


def masks(found: "Predictions", top: int) -> Table:
    """Return one row per image: how much of it each class takes, and its mask."""
    table = Table("input", "shares", "mask")
    for row in found.rows:
        if row.error:
            table.add_row(Text(row.path), Text(row.error, style="red"), "")
            continue
        shares = ", ".join(f"{name} {share:.1%}" for name, share in row.top(top))
        table.add_row(Text(row.path), Text(shares), Text(row.mask))
    return table

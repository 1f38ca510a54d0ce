"""Prints what `explain` found."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tfapp.cli import show

if TYPE_CHECKING:
    from tfapp.domains.images.explanation.explained import Explanations


def explanations(outcome: "Explanations", as_json: bool) -> None:
    """Print a row per picture: what it is, what decided, and where its sheet is."""
    if as_json:
        show.as_json(outcome.to_json())
        return
    table = Table("picture", "label", "probability", "why", "sheet")
    for row in outcome.rows:
        prediction = row.prediction
        if row.sheet is None:
            table.add_row(
                Text(prediction.path), "", "", Text(prediction.error, style="red"), ""
            )
            continue
        label, share = prediction.top(1)[0]
        why = "\n".join(finding.summary for finding in row.findings.values())
        table.add_row(
            Text(prediction.path),
            Text(label),
            f"{share:.1%}",
            Text(why),
            Text(row.sheet.name),
        )
    show.print_table(table)
    show.line(f"sheets       {outcome.folder}")

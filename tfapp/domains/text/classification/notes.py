"""What to show the user of labelled texts before training begins."""

from collections.abc import Sequence

from tfapp.data.report import CheckReport, first_problems
from tfapp.data.spec import Example
from tfapp.data.split import near_training


def loading_notes(report: CheckReport, examples: Sequence[Example]) -> list[str]:
    """Return the lines to show the user before training begins."""
    notes = [report.summary()]
    notes += first_problems(report, ("few texts", "class imbalance"))
    copies = len(examples) - len({e.content_hash for e in examples})
    if copies or report.near_duplicates:
        notes.append(
            f"{copies:,} copies of other texts and {len(report.near_duplicates):,} "
            "pairs of near copies, kept in one split where that is possible"
        )
    if near := near_training(examples):
        tested = sum(e.split == "test" for e in examples)
        notes.append(
            f"{len(near)} of {tested} test texts have a near copy in training: see "
            "`tfapp check`"
        )
    return [note for note in notes if note]

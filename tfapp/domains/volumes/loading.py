"""What loading volumes of every kind has in common."""

from collections.abc import Sequence

from tfapp.data.report import CheckReport
from tfapp.data.spec import Example


def loading_notes(report: CheckReport, examples: Sequence[Example]) -> list[str]:
    """Return the lines to show the user before training begins."""
    notes = [report.summary()]
    by_kind = {p.kind: p for p in reversed(report.problems)}
    for kind in (f"few {report.noun}", "class imbalance"):
        if kind in by_kind:
            problem = by_kind[kind]
            place = f"{problem.path}, " if problem.path else ""
            notes.append(f"{kind}: {place}{problem.detail}")
    if copies := len(examples) - len({e.content_hash for e in examples}):
        notes.append(f"{copies:,} copies of other {report.noun}, each in one split")
    return [note for note in notes if note]

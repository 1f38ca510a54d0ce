"""What loading volumes of every kind has in common."""

from collections.abc import Sequence

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport, first_problems
from tfapp.data.spec import Example


def loading_notes(report: CheckReport, examples: Sequence[Example]) -> list[str]:
    """Return the lines to show the user before training begins."""
    notes = [report.summary()]
    notes += first_problems(report, (f"few {report.noun}", "class imbalance"))
    if copies := len(examples) - len({e.content_hash for e in examples}):
        notes.append(f"{copies:,} copies of other {report.noun}, each in one split")
    return [note for note in notes if note]


def require_enough(report: CheckReport) -> None:
    """Refuse a set from which three splits cannot be made.

    Raises:
        DataError: if there are fewer than 3 examples a class on average, or no class
            has 3.
    """
    counts = report.per_class.values()
    if report.usable < 3 * len(counts) or max(counts, default=0) < 3:
        raise DataError(
            f"{report.usable} usable {report.noun} of {len(counts)} classes are too "
            "few to learn from. Expected at least 3 of each class."
        )

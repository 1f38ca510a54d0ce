"""What loading volumes of every kind has in common."""

from collections.abc import Sequence

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport
from tfapp.data.scan import Usable
from tfapp.data.spec import Example
from tfapp.data.split import split_examples


def split(
    source: Source, usable: Usable, context: LoadContext, noun: str
) -> tuple[Example, ...]:
    """Return the examples to use, each with its split.

    Args:
        source: of the examples.
        usable: what can be used of it.
        context: shares, limit of training examples, and where the record is.
        noun: what an example is.

    Raises:
        DataError: if a class is left without training examples, or a model that is to
            be tested does not know one.
    """
    known = context.labels
    if known and (unknown := sorted(set(source.labels) - set(known))):
        raise DataError(
            f"{source.name} has the classes {unknown}, which the model does not know. "
            f"Expected some of {list(known)}; rename or remove them."
        )
    examples = split_examples(source, usable, context)
    trained = {e.target for e in examples if e.split == "train"}
    missing = [name for name in source.labels if name not in trained]
    if missing and not known:
        raise DataError(
            f"{source.name}: classes {missing} have no usable training {noun}. "
            f"Expected at least one; see `tfapp check`, add {noun}s or leave out the "
            "class."
        )
    return examples


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

"""Sections of a report on tags: each one's figures, and how many examples have it."""

from tfapp.data.spec import SPLITS, Dataset
from tfapp.problems.classification.charts import f1_picture
from tfapp.problems.multilabel.tags import tag_counts
from tfapp.report.blocks import Columns, Picture, Section, Table
from tfapp.report.style import to_svg
from tfapp.tasks.results import Results


def tag_sections(results: Results, dataset: Dataset) -> tuple[Section, ...]:
    """Return the sections that every task with tags has.

    Args:
        results: as `evaluate_tagger` returns.
        dataset: gives the examples of each split.
    """
    picture = Picture(
        to_svg(f1_picture(results.figures["per_tag"])),
        "F1 of each tag of the test split, the weakest first; see the table.",
    )
    lead = (
        "A tag is answered from a probability on that was chosen on the validation "
        "split, by F1. Precision is the share of the answers that are right, recall "
        "the share of the tags that are answered; average precision needs no threshold."
    )
    counts = _counts(dataset, results.metric.examples)
    blocks = (Columns((picture, results.tables[0])), counts)
    return (Section("Tags", lead, blocks),)


def _counts(dataset: Dataset, noun: str) -> Table:
    """Return how many examples have each tag, and how many have none."""
    splits = [s for s in SPLITS if dataset.examples.get(s)]
    examples = [e for s in splits for e in dataset.examples[s]]
    counts = tag_counts(dataset.info.labels, examples)
    rows = [(name, [row.get(s, 0) for s in splits]) for name, row in counts.items()]
    none = [sum(not e.target for e in dataset.examples[s]) for s in splits]
    rows += [("no tag", none), ("all", [len(dataset.examples[s]) for s in splits])]
    return Table(
        ("Tag", *(split.capitalize() for split in splits), "Total"),
        tuple((n, *(f"{k:,}" for k in (*row, sum(row)))) for n, row in rows),
        f"Number of {noun} that have a tag, by split",
    )

"""scores.csv: what each test example contributes to the primary metric."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tfapp.base.csv_cells import safe_cell
from tfapp.base.storage.checksums import write_sealed
from tfapp.data.spec import Example
from tfapp.report.blocks import Table
from tfapp.report.wording import encodable
from tfapp.tasks.results import Results

COLUMNS = ("key", "name", "score")
"""With which every table of scores begins."""


def score_table(
    examples: Sequence[Example],
    scores: Iterable[float],
    columns: Sequence[str] = (),
    rows: Iterable[Sequence[str]] | None = None,
) -> Table:
    """Return the table of scores of test examples.

    Args:
        examples: of the test split.
        scores: what each contributes to the primary metric.
        columns: names of further columns.
        rows: their texts for each example; None without further columns.
    """
    further: Iterable[Sequence[str]] = ((),) * len(examples) if rows is None else rows
    keys = example_keys(examples)
    table = tuple(
        (key, example.name, f"{score:.9g}", *texts)
        for key, example, score, texts in zip(
            keys, examples, scores, further, strict=True
        )
    )
    return Table((*COLUMNS, *columns), table, "Scores of the test examples", 2)


def example_keys(examples: Iterable[Example]) -> Iterator[str]:
    """Yield keys that are the same in every run on the same examples.

    A key is made from the content of input and answer; copies of one content are
    numbered.
    """
    copies: Counter[str] = Counter()
    for example in examples:
        key = f"{example.content_hash} {example.target}"
        yield f"{key} {copies[key]}"
        copies[key] += 1


def worst_first(results: Results) -> Table:
    """Return the rows of the scores that are wrong, the worst first.

    Where a score is no question of right or wrong, all rows; rows that are equally
    good stay in their order, or in that of their loss.

    Args:
        results: of an evaluation.
    """
    table, metric = results.scores, results.metric
    loss = table.header.index("loss") if "loss" in table.header else None

    def badness(row: tuple[str, ...]) -> tuple[float, float]:
        return metric.sign * float(row[2]), -float(row[loss]) if loss else 0.0

    wrong = [r for r in table.rows if metric.scores != "binary" or not float(r[2])]
    return replace(table, rows=tuple(sorted(wrong, key=badness)))


def write_scores(path: Path, table: Table) -> None:
    """Write a table of scores as CSV (UTF-8, RFC 4180), whole or not at all.

    Raises:
        TfappError: if the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.header)
    writer.writerows(map(safe_cell, row) for row in table.rows)
    write_sealed(path, encodable(text.getvalue()))

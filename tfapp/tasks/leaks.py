"""Figures with and without test examples that training has seen in some form."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from tfapp.base.intervals import wilson_interval
from tfapp.data.spec import Dataset, Example
from tfapp.data.split import near_training
from tfapp.report.blocks import Fact
from tfapp.report.wording import amount, amount_interval
from tfapp.tasks.results import Results


def with_near_copies(results: Results, dataset: Dataset) -> Results:
    """Count the test examples with a near copy in training, if there are any.

    Args:
        results: of the test split of the dataset.
        dataset: whose examples know their near copies.

    Returns:
        The results, with "near_copies" among the figures: the number of such examples,
        and the primary metric of the others.
    """
    examples = [e for split in dataset.examples.values() for e in split]
    near = near_training(examples)
    what = "have a near copy in training"
    return _without(results, dataset.examples["test"], near, "near_copies", what)


def with_trained(
    results: Results, dataset: Dataset, hashes: Collection[str]
) -> Results:
    """Count the test examples that were trained on, if there are any.

    Args:
        results: of the test split of the dataset.
        dataset: other data than that of training.
        hashes: content hashes of the examples that were trained on.
    """
    test = dataset.examples["test"]
    trained = {e.name for e in test if e.content_hash in hashes}
    what = "were trained on"
    return _without(results, test, trained, "trained_on", what)


def _without(
    results: Results,
    test: Collection[Example],
    names: Collection[str],
    key: str,
    what: str,
) -> Results:
    if not names:
        return results
    metric = results.metric
    sentence = f"{len(names):,} of {len(test):,} {metric.examples} {what}"
    left = [
        row
        for example, row in zip(test, results.scores.rows, strict=True)
        if example.name not in names
    ]
    value, interval = _figure(results, left)
    figures: dict[str, Any] = {
        "examples": len(names),
        "of": len(test),
        metric.key: value,
    }
    figures |= {f"{metric.key}_interval": interval and list(interval)}
    detail = f"{metric.short} without them" if left else "no others are left"
    if interval is not None:
        detail += f"; 95 % interval {amount_interval(*interval, metric.unit)}"
    shown = amount(value, metric.unit)
    fact = Fact("Without copies", shown, f"{sentence}; {detail}")
    return replace(
        results,
        figures={**results.figures, key: figures},
        headline=(*results.headline, fact),
        notes=(*results.notes, f"{sentence}: the figures are too good"),
    )


def _figure(
    results: Results, rows: list[tuple[str, ...]]
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the primary metric of some rows of the scores, and its interval."""
    if not rows:
        return None, None
    header, scores = results.scores.header, [float(row[2]) for row in rows]
    if results.metric.scores == "binary":
        hits = round(sum(scores))
        return hits / len(rows), wilson_interval(hits, len(rows))
    weights = [1.0] * len(rows)
    if results.metric.scores == "pooled":
        column = list(header).index("weight")
        weights = [float(row[column]) for row in rows]
    total = sum(weights)
    pairs = zip(scores, weights, strict=True)
    return sum(s * w for s, w in pairs) / total if total else None, None

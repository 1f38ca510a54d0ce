"""What is worth doing next, by simple rules over the figures.

Each rule is a function that returns one finding or None; the order of `RULES` is
the order of the answer. The thresholds are stated where they are used.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tfapp.problems.classification.metrics import wilson_interval
from tfapp.report.figures import Figures, Finding
from tfapp.report.learning_rules import LEARNING_RULES
from tfapp.report.wording import count, percent, percent_interval, points, quoted


class Pair(NamedTuple):
    """Two classes that are taken for each other."""

    label: str
    predicted: str
    mistakes: int
    support: int


def findings(figures: Figures, most: int = 5) -> tuple[Finding, ...]:
    """Return what was found and what to do about it, the most useful first.

    Args:
        figures: what the rules look at.
        most: number of findings at most.
    """
    silent = LEARNING_RULES if figures.correct.all() else ()
    rules = [rule for rule in RULES if rule not in silent]
    found = [finding for rule in rules if (finding := rule(figures)) is not None]
    return tuple(found[:most]) or (
        ("Nothing stands out.", "More examples of every class are the surest gain."),
    )


def confused_pairs(metrics: Mapping[str, Any], most: int = 10) -> tuple[Pair, ...]:
    """Return the most frequent mistakes, true class and prediction.

    Args:
        metrics: as `classification_metrics` returns.
        most: number of pairs at most.
    """
    names = list(metrics["per_class"])
    confusion = np.array(metrics["confusion_matrix"])
    support = confusion.sum(axis=1)
    np.fill_diagonal(confusion, 0)
    order = np.argsort(-confusion, axis=None, kind="stable")[:most]
    cells = zip(*np.unravel_index(order, confusion.shape), strict=True)
    return tuple(
        Pair(names[i], names[j], int(confusion[i, j]), int(support[i]))
        for i, j in cells
        if confusion[i, j]
    )


def too_few_examples(figures: Figures) -> Finding | None:
    """Tell when the 95 % interval of the accuracy is wider than 10 points."""
    low, high = figures.metrics["accuracy_interval"]
    if high - low <= 0.1:
        return None
    return (
        f"{count(figures.metrics['examples'], figures.noun)} cannot "
        "settle the accuracy.",
        f"It may be anything in {percent_interval(low, high)}; judge small changes "
        "only with more held-out examples.",
    )


def no_mistakes(figures: Figures) -> Finding | None:
    """Tell when every answer was right."""
    if not figures.correct.all():
        return None
    return (
        "Not one mistake.",
        f"Try harder {figures.noun} from where the model will be used, and make "
        "sure that training has not seen near-copies of these.",
    )


def suspicious_labels(figures: Figures) -> Finding | None:
    """Tell when mistakes were made with 99 % confidence: labels may be wrong."""
    sure = int((~figures.correct & (figures.confidence >= 0.99)).sum())
    if not sure:
        return None
    verb = "was" if sure == 1 else "were"
    return (
        f"{count(sure, 'mistakes')} {verb} made with over 99 % confidence.",
        "Check these labels first (“Worst mistakes”): so sure a model is often "
        "right about a mislabelled example.",
    )


def most_confused(figures: Figures) -> Finding | None:
    """Tell the pair behind a fifth of the mistakes, of more than two classes."""
    total = int((~figures.correct).sum())
    pairs = confused_pairs(figures.metrics, 1)
    if len(figures.metrics["per_class"]) < 3 or not pairs:
        return None
    pair = pairs[0]
    if pair.mistakes < 2 or pair.mistakes < 0.2 * total:
        return None
    return (
        f"{quoted(pair.label)} is taken for {quoted(pair.predicted)} "
        f"{pair.mistakes:,} times, {percent(pair.mistakes / total)} of all mistakes.",
        "More examples in which the two differ clearly would help most.",
    )


def weak_classes(figures: Figures) -> Finding | None:
    """Tell classes whose recall is surely below the accuracy.

    "Surely": the upper end of the 95 % interval of the recall lies below it.
    """
    accuracy, weak = figures.metrics["accuracy"], []
    for name, row in figures.metrics["per_class"].items():
        hits = round((row["recall"] or 0.0) * row["support"])
        if wilson_interval(hits, row["support"])[1] < accuracy:
            weak.append((row["recall"], name))
    if not weak:
        return None
    named = ", ".join(f"{quoted(name)} ({percent(r)})" for r, name in sorted(weak)[:3])
    others = f" and {count(len(weak) - 3, 'other classes')}" if len(weak) > 3 else ""
    return (
        f"Found less often than the rest: {named}{others}.",
        "Add examples of these classes, check their labels, or set "
        "task_options.class_weights to balanced if they are rare.",
    )


def dishonest_confidence(figures: Figures) -> Finding | None:
    """Tell when the calibration error before scaling exceeds 3 points."""
    before = figures.metrics.get("ece_before")
    temperature = figures.metrics.get("temperature", 1.0)
    if before is None or before <= 0.03 or temperature == 1.0:
        return None
    after = figures.metrics["ece_after"]
    direction = "over-confident" if temperature > 1 else "under-confident"
    return (
        f"The raw probabilities are {direction}, by {points(before)} on average.",
        f"Divided by the temperature {temperature:.2f}, logits give an error of "
        f"{points(after)}; export with export.calibrated = true.",
    )


RULES = (
    no_mistakes,
    suspicious_labels,
    most_confused,
    weak_classes,
    *LEARNING_RULES,
    dishonest_confidence,
    too_few_examples,
)

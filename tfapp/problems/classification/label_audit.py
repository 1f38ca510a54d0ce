"""Which labels are probably wrong: those that models without the example contradict.

A logistic regression on the network's features is fitted to four fifths of the examples
and judges the others. The labels to check first are those whose log probability is
farthest below that of the likeliest other class.

Reference:
    Northcutt, Jiang & Chuang, Confident Learning: Estimating Uncertainty in Dataset
    Labels, JAIR 2021, https://arxiv.org/abs/1911.00068 (normalized margin)
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import log_softmax

from tfapp.data.spec import Dataset
from tfapp.data.split.units import units_of
from tfapp.layers.logistic_regression import fit_path
from tfapp.problems.classification.baselines import MOST_FITTED
from tfapp.report.wording import count
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Inside

FOLDS = 5
STRENGTH = 1.0
"""Of the penalty: a weaker one believes wrong labels sooner (docs/results.md)."""
MOST_AUDITED = 5000
SHOWN = 100
"""Labels that metrics.json names."""
KEY = "label_audit"


def label_margins(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    units: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far labels are supported by models that have not seen them.

    Args:
        features: float array (examples, dims).
        labels: int array (examples,), class indices in [0, num_classes).
        num_classes: at least 2.
        units: int array (examples,): examples of one number are judged together, as
            copies have to be; None if each stands for itself.

    Returns:
        margins, float (examples,): log probability of the label minus that of the
        likeliest other class, in nats; the lower, the more doubtful. Suggestions, int
        (examples,): that other class.
    """
    logits = _unseen_logits(features, labels, num_classes, units)
    shares = log_softmax(logits, axis=1)
    every = np.arange(len(labels))
    own = shares[every, labels]
    shares[every, labels] = -np.inf
    suggested = shares.argmax(axis=1)
    return own - shares[every, suggested], suggested


def with_label_audit(results: Results, dataset: Dataset, inside: Inside) -> Results:
    """Return results that name the labels to check first.

    Args:
        results: of `evaluate_classifier`.
        dataset: gives the examples.
        inside: of the network; without features, or above `MOST_FITTED` classes, a
            note is all that is added.

    Returns:
        results with "label_audit" among the figures: `examples`, how many are
        `contradicted` (another class is likelier), and of the `SHOWN` most doubtful
        ones `first`: name, label, suggested class and margin.
    """
    if len(dataset.info.labels) > MOST_FITTED:
        # Of more classes the sample holds a few examples each, and a fit takes hours.
        return _unaudited(results, f"of at most {MOST_FITTED:,} classes")
    pairs = [
        (split, place)
        for split in ("train", "validation")
        for place in range(len(dataset.examples[split]))
    ]
    order = np.random.default_rng(0).permutation(len(pairs))[:MOST_AUDITED]
    audited = [pairs[place] for place in np.sort(order)]
    rows = [
        inside(split, [place for own, place in audited if own == split])
        for split in ("train", "validation")
        if any(own == split for own, _ in audited)
    ]
    examples = [dataset.examples[split][place] for split, place in audited]
    labels = dataset.targets(examples)
    if not rows or any(part is None for part in rows) or len(np.unique(labels)) < 2:
        return _unaudited(results, "of two classes")
    names = dataset.info.labels
    units = np.zeros(len(examples), int)
    for number, members in enumerate(units_of(examples, range(len(examples)))):
        units[members] = number
    margins, suggested = label_margins(np.concatenate(rows), labels, len(names), units)
    worst = np.argsort(margins, kind="stable")[:SHOWN]
    first = [
        {
            "name": examples[place].name,
            "label": examples[place].target,
            "suggested": names[int(suggested[place])],
            "margin": round(float(margins[place]), 4),
        }
        for place in worst
    ]
    contradicted = int((margins < 0).sum())
    figures: dict[str, Any] = {"examples": len(examples), "contradicted": contradicted}
    noun = results.metric.examples
    note = (
        f"labels: models without the example contradict those of {contradicted:,} of "
        f"{count(len(examples), f'training and validation {noun}')}; check these first"
    )
    return replace(
        results,
        figures=results.figures | {KEY: figures | {"first": first}},
        notes=(*results.notes, note),
    )


def _unaudited(results: Results, classes: str) -> Results:
    note = f"labels were not audited: that needs features {classes}"
    return replace(results, notes=(*results.notes, note))


def _unseen_logits(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    units: np.ndarray | None,
) -> np.ndarray:
    """Return float logits (examples, num_classes) by models without the example."""
    units = np.arange(len(labels)) if units is None else units
    _, number = np.unique(units, return_inverse=True)
    drawn = np.random.default_rng(0).permutation(number.max() + 1) % FOLDS
    fold, logits = drawn[number], np.zeros((len(labels), num_classes))
    for part in np.unique(fold):
        judged, others = fold == part, fold != part
        if not others.any():
            continue
        (model,) = fit_path(features[others], labels[others], num_classes, [STRENGTH])
        logits[judged] = model.logits(features[judged])
    return logits

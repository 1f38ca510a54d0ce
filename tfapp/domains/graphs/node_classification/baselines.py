"""The simple methods that a network on a graph has to beat, on the same split."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from tfapp.data.spec import Dataset
from tfapp.domains.graphs.dataset import GraphDataset
from tfapp.layers.logistic_regression import fit_path
from tfapp.problems.classification.baselines import class_baseline, largest_class
from tfapp.problems.classification.results import ClassAnswers
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

PROPAGATION = "label propagation"
FEATURES = "logistic regression on the features"
NEIGHBOURS = "logistic regression on features of neighbours (SGC)"
HOPS = 2
STRENGTHS = tuple(10.0**-power for power in range(1, 8))
"""Of the penalty of the logistic regressions, the strongest first."""
RETURN = 0.1
"""Share of its own label that a node keeps in every step of label propagation."""
STEPS = 50
MOST_ROWS = 5000
MOST_NUMBERS = 50_000_000
"""Of the features as a dense matrix, for a logistic regression."""


@dataclass(frozen=True)
class NodeAnswers:
    """What a simple method answers.

    Args:
        name: of the method.
        validation: share of right answers on the validation split, None without one.
        classes: int (test nodes,), the class of each.
    """

    name: str
    validation: float | None
    classes: np.ndarray


def node_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods reach: largest class, labels and features spread.

    Args:
        results: of the network.
        dataset: a graph; without training nodes the base rate alone is returned.
        features: of no use here.
    """
    del features
    answers: ClassAnswers = results.evidence
    graph: Any = dataset
    simple = (
        class_baseline(method.name, method.classes == answers.labels, answers)
        for method in simple_answers(graph)
    )
    return (largest_class(answers, dataset), *simple)


def simple_answers(dataset: GraphDataset) -> Iterator[NodeAnswers]:
    """Yield the answers of each simple method that the graph is not too large for."""
    train = dataset.rows("train")
    labels = dataset.targets(dataset.examples["train"])
    if len(np.unique(labels)) < 2:
        return
    chances = spread_labels(dataset.adjacency, train, labels, dataset.info.num_outputs)
    yield _answers(dataset, PROPAGATION, chances)
    if np.prod(dataset.features.shape, dtype=float) > MOST_NUMBERS:
        return
    yield logistic_answers(dataset, FEATURES, dataset.features)
    yield logistic_answers(dataset, NEIGHBOURS, spread(dataset, HOPS))


def spread(dataset: GraphDataset, hops: int) -> csr_array:
    """Return S^hops X, float32 (nodes, columns)."""
    features = dataset.features
    for _ in range(hops):
        features = dataset.adjacency @ features
    return csr_array(features)


def spread_labels(
    adjacency: csr_array, rows: np.ndarray, labels: np.ndarray, num_classes: int
) -> np.ndarray:
    """Return scores (nodes, classes) of label propagation.

    Training labels walk along the edges: F <- 0.9 S F + 0.1 Y, 50 times.

    References:
        Zhou et al., Learning with Local and Global Consistency, NIPS 2003.
    """
    known = np.zeros((adjacency.shape[0], num_classes), np.float32)
    # Every class begins with the same weight, however many nodes of it are known.
    counts = np.bincount(labels, minlength=num_classes)
    known[rows, labels] = 1.0 / counts[labels]
    scores = known
    for _ in range(STEPS):
        scores = (1 - RETURN) * (adjacency @ scores) + RETURN * known
    return scores


def logistic_answers(
    dataset: GraphDataset, name: str, features: csr_array
) -> NodeAnswers:
    """Return the answers of a logistic regression.

    The strength of its penalty is that with the most right answers on the validation
    split, the stronger one of equals; without that split, one in the middle.

    Args:
        dataset: gives the split and the classes.
        name: of the method.
        features: float (nodes, columns).
    """
    train = dataset.rows("train")
    labels = dataset.targets(dataset.examples["train"])
    thinned = np.linspace(0, len(train) - 1, min(len(train), MOST_ROWS)).astype(int)
    # Rows of counts sum to 1: what is learned begins at the scale of 1.
    scale = float(np.sqrt(features.power(2).sum() / features.shape[0])) or 1.0
    dense = features.toarray() / scale
    path = list(
        fit_path(
            dense[train[thinned]],
            labels[thinned],
            dataset.info.num_outputs,
            STRENGTHS,
            standardize=False,
        )
    )
    held = dataset.rows("validation")
    truth = dataset.targets(dataset.examples["validation"])
    model = path[len(path) // 2]
    if len(held):
        right = [(m.logits(dense[held]).argmax(axis=1) == truth).mean() for m in path]
        model = path[int(np.argmax(right))]
    return _answers(dataset, name, model.logits(dense))


def _answers(dataset: GraphDataset, name: str, scores: np.ndarray) -> NodeAnswers:
    """Return the answers by scores (nodes, classes)."""
    best = scores.argmax(axis=1)
    held = dataset.rows("validation")
    truth = dataset.targets(dataset.examples["validation"])
    share = float((best[held] == truth).mean()) if len(held) else None
    return NodeAnswers(name, share, best[dataset.rows("test")])

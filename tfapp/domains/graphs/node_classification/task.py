"""One label per node."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.graphs.node_classification.baselines import node_baselines
from tfapp.domains.graphs.node_classification.interface import INTERFACE
from tfapp.domains.graphs.node_classification.sections import node_sections
from tfapp.domains.graphs.node_classification.verdict import node_findings
from tfapp.domains.graphs.node_classification.views import node_views
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.recipes.config import Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Calibration, Results
from tfapp.tasks.spec import Learning, Outputs, Task

METRIC = accuracy_metric("nodes")
LOSS = "cross_entropy"


def task(*, label_smoothing: Share = 0.0) -> Task:
    """Choose one class for each node of a graph.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
    """
    return Task(
        name="node_classification",
        learning=partial(_learning, label_smoothing),
        # Without the penalty of the weights, which falls on and on.
        monitor=f"val_{LOSS}",
        mode="min",
        metric=METRIC,
        evaluate=_evaluate,
        baselines=node_baselines,
        findings=node_findings,
        sections=_sections,
        views=node_views,
        interface=INTERFACE,
    )


def _learning(label_smoothing: float, model: keras.Model, info: DataInfo) -> Learning:
    """Return how a network learns: from the nodes whose weight is 1."""
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True,
        label_smoothing=label_smoothing,
        reduction="mean_with_sample_weight",
    )
    metrics = [
        keras.metrics.CategoricalAccuracy(name="accuracy"),
        keras.metrics.CategoricalCrossentropy(name=LOSS, from_logits=True),
    ]
    return Learning(model, loss, metrics, weigh_metrics=True)


def _evaluate(
    outputs: Outputs, dataset: Dataset, calibration: Calibration | None
) -> Results:
    """Judge the answers to the nodes of the test split."""

    def logits(split: str) -> np.ndarray:
        return np.stack(list(outputs(split)))

    return evaluate_classifier(METRIC, logits, dataset, calibration)


def _sections(results: Results, dataset: Any, model: Any) -> Sequence[Section]:
    return node_sections(results, dataset)

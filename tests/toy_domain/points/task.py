"""One class per point."""

from functools import partial
from typing import Any

import keras
from tfapp.domains.points.preprocessor import read_preprocessor, read_rows

from tfapp.data.spec import DataInfo
from tfapp.export.spec import Interface
from tfapp.problems.classification.interface import class_prediction, class_signatures
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.tasks.spec import Learning, Task

METRIC = accuracy_metric("points")


def task() -> Task:
    """Choose one class for each point."""
    return Task(
        name="point_classification",
        learning=_learning,
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_classifier, METRIC),
        interface=Interface(
            signatures=class_signatures,
            prediction=class_prediction,
            preprocessor=read_preprocessor,
            outputs={"probabilities": "classes"},
            read=read_rows,
            suffixes=(".points",),
        ),
    )


def _learning(model: Any, info: DataInfo) -> Learning:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    return Learning(model, loss, [keras.metrics.CategoricalAccuracy(name="accuracy")])

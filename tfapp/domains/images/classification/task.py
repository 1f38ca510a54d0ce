"""One label per image."""

from functools import partial
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.problems.classification.calibration import apply_temperature
from tfapp.problems.classification.evaluate import evaluate_logits
from tfapp.problems.classification.metrics import classification_metrics, of_one_class
from tfapp.problems.classification.predictions import write_predictions
from tfapp.problems.classification.report import classification_report
from tfapp.problems.classification.report_inputs import ClassificationReportInputs
from tfapp.recipes.config import DistillConfig, Share
from tfapp.report.blocks import Report
from tfapp.tasks.spec import Learning, Logits, Results, Say, Story, Task


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
    distill: DistillConfig | None = None,
) -> Task:
    """Choose one class for each image.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
        distill: a teacher whose answers are learned next to the labels.
    """
    return Task(
        name="image_classification",
        learning=partial(_learning, label_smoothing),
        # The loss still moves when the accuracy of a small validation set stands.
        monitor="val_loss",
        mode="min",
        headline="accuracy",
        assess=_assess,
        judge=_judge,
        write_predictions=_write_predictions,
        report=_report,
        class_weights=class_weights,
        distill=distill,
        interface=INTERFACE,
    )


def _learning(label_smoothing: float, model: keras.Model, info: DataInfo) -> Learning:
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    )
    return Learning(model, loss, [keras.metrics.CategoricalAccuracy(name="accuracy")])


def _assess(logits: Logits, dataset: Dataset) -> Results:
    if not dataset.examples["test"]:
        raise DataError(
            "No example is left for the test split, so no honest accuracy can be "
            "given. Add images, or raise `data.split.test`."
        )
    validation = None
    if dataset.examples["validation"]:
        validation = (
            logits("validation"),
            dataset.targets(dataset.examples["validation"]),
        )
    outputs = logits("test")
    names = dataset.info.labels
    metrics = evaluate_logits(
        outputs, dataset.targets(dataset.examples["test"]), names, validation
    )
    return Results(outputs, metrics)


def _judge(
    logits: Logits, dataset: Dataset, temperature: float, say: Say
) -> dict[str, Any]:
    names = dataset.info.labels
    labels = dataset.targets(dataset.examples["test"])
    probabilities = apply_temperature(logits("test"), temperature)
    metrics = classification_metrics(labels, probabilities, names)
    if len(present := np.unique(labels)) > 1:
        return metrics
    say(
        f"every example is of class {names[present[0]]!r}: precision, F1, averages "
        "over classes and ROC AUC need examples of two classes and are left out"
    )
    return of_one_class(metrics)


def _write_predictions(path: Path, results: Results, dataset: Dataset) -> None:
    probabilities = apply_temperature(results.outputs, results.metrics["temperature"])
    names = dataset.info.labels
    write_predictions(path, dataset.examples["test"], probabilities, names)


def _report(results: Results, dataset: Dataset, story: Story) -> Report:
    return classification_report(
        ClassificationReportInputs(
            facts=story.facts,
            recipe=story.recipe,
            class_names=dataset.info.labels,
            examples=dataset.examples,
            read=lambda example: dataset.raw(example)[RAW_IMAGE],
            logits=results.outputs,
            metrics=results.metrics,
            history=story.history,
            notes=story.notes,
            maps=story.maps,
            further=story.sections,
        )
    )

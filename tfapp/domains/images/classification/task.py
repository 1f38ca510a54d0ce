"""One label per image."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import keras
import tensorflow as tf

from tfapp.base import registry
from tfapp.data.reading_errors import data_error
from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.explanation.mistakes import mistake_maps
from tfapp.domains.images.gallery_sections import mistakes_section, sample_section
from tfapp.problems.classification.baselines import class_baselines
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.sections import classification_sections
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import DistillConfig, Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Learning, Task

METRIC = accuracy_metric("images")


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
        metric=METRIC,
        evaluate=partial(evaluate_classifier, METRIC),
        baselines=class_baselines,
        findings=classification_findings,
        sections=_sections,
        class_weights=class_weights,
        distill=distill,
        interface=INTERFACE,
    )


def _learning(label_smoothing: float, model: keras.Model, info: DataInfo) -> Learning:
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    )
    return Learning(model, loss, [keras.metrics.CategoricalAccuracy(name="accuracy")])


def _sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    """Return the sections on figures and pictures, and those on the network's kind."""
    inside: list[Section] = []
    makers = registry.union("NETWORK_SECTIONS")
    for name in makers:
        inside += registry.load("section", makers, name)(model, dataset)
    sections = (
        *classification_sections(results),
        mistakes_section(results, dataset, partial(_maps, model, dataset)),
        *inside,
        sample_section(dataset, results.metric.examples),
    )
    return [section for section in sections if section is not None]


def _maps(
    model: Any, dataset: Dataset, examples: Sequence[Example], classes: Sequence[int]
) -> list[bytes]:
    """Draw where the network sees a class; a file that vanished is one clear line."""
    try:
        return mistake_maps(model, dataset)(examples, classes)
    except tf.errors.OpError as error:
        if (fault := data_error(error, dataset, examples)) is None:
            raise
        raise fault from error

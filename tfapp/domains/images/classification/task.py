"""One label per image."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from tfapp.base import registry
from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.gallery_sections import mistakes_section, sample_section
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.sections import classification_sections
from tfapp.problems.classification.verdict import classification_findings
from tfapp.report.blocks import Section
from tfapp.runs.failures import reading
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Task

METRIC = accuracy_metric("images")


def task() -> Task:
    """Choose one class for each image."""
    return Task(
        name="image_classification",
        make_loss=_loss,
        make_metrics=_metrics,
        # The loss still moves when the accuracy of a small validation set stands.
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_classifier, METRIC),
        findings=classification_findings,
        sections=_sections,
    )


def _loss(label_smoothing: float) -> Any:
    return keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    )


def _metrics() -> list[Any]:
    return [keras.metrics.CategoricalAccuracy(name="accuracy")]


def _sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    """Return the chapters on figures and pictures, and those on the network's kind."""
    chapters: list[Section] = []
    makers = registry.union("NETWORK_SECTIONS")
    for name in makers:
        chapters += registry.load("section", makers, name)(model, dataset)
    sections = (
        *classification_sections(results),
        mistakes_section(results, dataset, partial(_maps, model, dataset)),
        *chapters,
        sample_section(dataset, results.metric.examples),
    )
    return [section for section in sections if section is not None]


def _maps(
    model: Any, dataset: Dataset, examples: Sequence[Example], classes: Sequence[int]
) -> list[bytes]:
    """Draw where the network sees a class; a file that vanished is one clear line."""
    from tfapp.domains.images.explanation.mistakes import mistake_maps

    with reading(dataset):
        return mistake_maps(model, dataset)(examples, classes)

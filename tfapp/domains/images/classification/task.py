"""One label per image."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import keras
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.data.reading_errors import data_error
from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.classification.layers.rejection_loss import RejectionLoss
from tfapp.domains.images.explanation.mistakes import mistake_maps
from tfapp.domains.images.gallery_sections import mistakes_section, sample_section
from tfapp.domains.images.label_sections import audit_section, pairs_section
from tfapp.domains.images.network_sections import network_sections
from tfapp.domains.images.views import photo_views, small_picture
from tfapp.layers.outputs import AUXILIARY, LOGITS, logits_model
from tfapp.problems.classification.baselines import class_baselines
from tfapp.problems.classification.foreign.rejection import (
    check_keep,
    rejection_sections,
    with_rejection,
)
from tfapp.problems.classification.label_audit import with_label_audit
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.sections import classification_sections
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import DistillConfig, Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Calibration, Results
from tfapp.tasks.spec import Inside, Learning, Task

METRIC = accuracy_metric("images")


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
    distill: DistillConfig | None = None,
    auxiliary_weight: float = 0.3,
    rejection_penalty: float = 0.0,
    keep: float = 0.0,
    audit_labels: bool = False,
) -> Task:
    """Choose one class for each image.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
        distill: a teacher whose answers are learned next to the labels.
        auxiliary_weight: factor of the loss of each auxiliary head, where a network has
            some; 0 to leave them untrained.
        rejection_penalty: j of LeNet-5's loss, the penalty of a further class to which
            no image belongs; 0 for plain cross-entropy.
        keep: share of images of the classes that is answered, such as 0.95; others
            look like nothing that was learned from, and are answered with "none of
            these". 0 to answer all; see docs/birds.md.
        audit_labels: whether labels are looked for that are probably wrong, by heads
            that have not seen the image.

    Raises:
        ConfigError: if a number is out of its range.
    """
    check_keep(keep)
    for name, value in (
        ("auxiliary_weight", auxiliary_weight),
        ("rejection_penalty", rejection_penalty),
    ):
        if value < 0:
            raise ConfigError(
                f"`task_options.{name}` must be at least 0. Received: {value!r}"
            )
    loss = (
        RejectionLoss(rejection_penalty, label_smoothing)
        if rejection_penalty
        else keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=label_smoothing
        )
    )
    return Task(
        name="image_classification",
        learning=partial(_learning, loss, auxiliary_weight),
        # The loss still moves when the accuracy of a small validation set stands.
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=partial(evaluate_classifier, METRIC),
        completed=partial(completed, keep, audit_labels),
        baselines=class_baselines,
        findings=classification_findings,
        sections=image_sections,
        class_weights=class_weights,
        distill=distill,
        views=photo_views,
        thumbnail=small_picture,
        interface=INTERFACE,
    )


def _learning(
    loss: Any, auxiliary_weight: float, model: keras.Model, info: DataInfo
) -> Learning:
    """Return how a network learns: by its logits, and by its auxiliary heads if any."""
    metrics = [keras.metrics.CategoricalAccuracy(name="accuracy")]
    outputs = model.output if isinstance(model.output, dict) else {}
    heads = [name for name in outputs if name.startswith(AUXILIARY)]
    if not (heads and auxiliary_weight):
        return Learning(logits_model(model), loss, metrics)
    trained = {name: outputs[name] for name in (LOGITS, *heads)}

    def batch(images: Any, labels: Any) -> tuple[Any, Any]:
        return images, dict.fromkeys(trained, labels)

    return Learning(
        keras.Model(model.input, trained, name=model.name),
        dict.fromkeys(trained, loss),
        metrics,
        batch,
        main=LOGITS,
        loss_weights=dict.fromkeys(trained, auxiliary_weight) | {LOGITS: 1.0},
    )


def completed(
    keep: float,
    audit_labels: bool,
    results: Results,
    dataset: Dataset,
    calibration: Calibration | None,
    inside: Inside,
) -> Results:
    """Return results with what the options ask for; see `task`."""
    results = with_rejection(keep, results, dataset, calibration, inside)
    if audit_labels and calibration is None:
        return with_label_audit(results, dataset, inside)
    return results


def image_sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    """Return the sections on figures and pictures, and those on the network's kind."""
    sections = (
        *classification_sections(results),
        *rejection_sections(results),
        mistakes_section(results, dataset, partial(_maps, model, dataset)),
        pairs_section(results, dataset),
        audit_section(results, dataset),
        *network_sections(model, dataset),
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

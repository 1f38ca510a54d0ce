"""The species of a photo, by what is seen and by where and when it was taken."""

from dataclasses import replace
from functools import partial
from typing import Any, Literal

from tfapp.data.spec import Dataset
from tfapp.domains.images.classification.species.interface import INTERFACE
from tfapp.domains.images.classification.species.results import (
    METRIC,
    evaluate_species,
    prior_sections,
    species_baselines,
)
from tfapp.domains.images.classification.task import image_sections
from tfapp.domains.images.classification.task import task as image_task
from tfapp.recipes.config import DistillConfig, Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Results
from tfapp.tasks.spec import Task


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
    distill: DistillConfig | None = None,
    keep: float = 0.95,
    audit_labels: bool = True,
) -> Task:
    """Choose a species for each photo, by the photo and by where and when it was taken.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
        distill: a teacher whose answers are learned next to the labels.
        keep: share of photos of the classes that is answered; others look like nothing
            that was learned from, and are answered with "none of these". 0 to answer
            all.
        audit_labels: whether labels are looked for that are probably wrong.

    Raises:
        ConfigError: if a number is out of its range.
    """
    photos = image_task(
        label_smoothing=label_smoothing,
        class_weights=class_weights,
        distill=distill,
        keep=keep,
        audit_labels=audit_labels,
    )
    return replace(
        photos,
        name="species_classification",
        metric=METRIC,
        evaluate=partial(evaluate_species, class_weights == "balanced"),
        baselines=species_baselines,
        sections=_sections,
        interface=INTERFACE,
    )


def _sections(results: Results, dataset: Dataset, model: Any) -> list[Section]:
    return [*prior_sections(results), *image_sections(results, dataset, model)]

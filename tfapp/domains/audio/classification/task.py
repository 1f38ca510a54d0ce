"""One label per recording."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from tfapp.data.spec import Dataset
from tfapp.domains.audio.classification.baselines import audio_baselines
from tfapp.domains.audio.classification.interface import INTERFACE
from tfapp.domains.audio.classification.views import recording_views
from tfapp.domains.audio.layers.kernel_ridge import KernelRidge
from tfapp.domains.audio.speakers import speaker_section, with_speakers
from tfapp.problems.classification.learning import class_learning
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.sections import classification_sections
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import Share
from tfapp.report.blocks import Section
from tfapp.tasks.results import Calibration, Results
from tfapp.tasks.spec import Outputs, Task

METRIC = accuracy_metric("recordings")


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
) -> Task:
    """Choose one class for each recording.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
    """
    return Task(
        name="audio_classification",
        learning=partial(class_learning, label_smoothing),
        # Of the network alone: a ridge next to it knows all voices of the validation,
        # so the answer of both would choose an epoch that learned little of new ones.
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=_evaluate,
        refit=_ridge_of_all,
        baselines=audio_baselines,
        findings=classification_findings,
        sections=_sections,
        views=recording_views,
        class_weights=class_weights,
        interface=INTERFACE,
    )


def _evaluate(
    outputs: Outputs, dataset: Dataset, calibration: Calibration | None
) -> Results:
    """Judge a classifier; next to its figures stands how they vary by speaker."""
    results = evaluate_classifier(METRIC, outputs, dataset, calibration)
    right = results.evidence.correct.astype(float)
    return with_speakers(results, dataset, right)


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    right = results.evidence.correct.astype(float)
    return (
        *classification_sections(results),
        *speaker_section(results, dataset, right),
    )


def _ridge_of_all(model: Any, dataset: Dataset) -> Sequence[tuple[Any, Sequence[Any]]]:
    """Return the ridge next to a network, fitted to validation recordings too."""
    data: Any = dataset
    ridges = [layer for layer in model.layers if isinstance(layer, KernelRidge)]
    if not ridges:
        return ()
    again = data.ridge.fitted_again(data.spectra("train", "validation"))
    return [(layer, again.layer_weights(layer.num_rows)) for layer in ridges]

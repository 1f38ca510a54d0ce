"""What the tasks that choose one class for each volume have in common."""

from functools import partial
from typing import Any

from tfapp.domains.volumes.baselines import volume_baselines
from tfapp.domains.volumes.strips import Shown, strip_sections
from tfapp.domains.volumes.views import strip_views
from tfapp.problems.classification.learning import class_learning
from tfapp.problems.classification.results import accuracy_metric, evaluate_classifier
from tfapp.problems.classification.verdict import classification_findings
from tfapp.tasks.spec import Task


def classification_task(
    examples: str, label_smoothing: float, shown: Shown, how: str, **parts: Any
) -> Task:
    """Return a task that chooses one class, with a linear floor on the volumes.

    Args:
        examples: what they are called, in the plural.
        label_smoothing: share of the labels that is spread over all classes.
        shown: what is drawn of an example, a strip of pictures.
        how: such a strip is to be read, in a sentence.
        **parts: of a `Task`: name, class_weights and interface.
    """
    metric = accuracy_metric(examples)

    return Task(
        learning=partial(class_learning, label_smoothing),
        # The loss still moves when the accuracy of a small validation set stands.
        monitor="val_loss",
        mode="min",
        metric=metric,
        evaluate=partial(evaluate_classifier, metric),
        baselines=volume_baselines,
        findings=classification_findings,
        sections=partial(strip_sections, shown, how),
        views=partial(strip_views, shown),
        **parts,
    )

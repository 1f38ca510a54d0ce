"""One label per clip of video."""

from typing import Literal

from tfapp.domains.volumes.classification import classification_task
from tfapp.domains.volumes.clips.interface import INTERFACE
from tfapp.domains.volumes.clips.sections import clip_sections
from tfapp.recipes.config import Share
from tfapp.tasks.spec import Task


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
) -> Task:
    """Choose one class for each clip of video.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
    """
    return classification_task(
        "clips",
        label_smoothing,
        name="clip_classification",
        sections=clip_sections,
        class_weights=class_weights,
        interface=INTERFACE,
    )

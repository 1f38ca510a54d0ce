"""One label per clip of video."""

from typing import Literal

from tfapp.domains.volumes.classification import classification_task
from tfapp.domains.volumes.clips.frames import FRAMES, some_frames
from tfapp.domains.volumes.clips.interface import INTERFACE
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
        some_frames,
        FRAMES,
        name="clip_classification",
        class_weights=class_weights,
        interface=INTERFACE,
    )

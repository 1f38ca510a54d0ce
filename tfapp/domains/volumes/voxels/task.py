"""One label per volume."""

from typing import Literal

from tfapp.domains.volumes.classification import classification_task
from tfapp.domains.volumes.voxels.interface import INTERFACE
from tfapp.domains.volumes.voxels.turning import TURN, turning_grid
from tfapp.recipes.config import Share
from tfapp.tasks.spec import Task


def task(
    *,
    label_smoothing: Share = 0.0,
    class_weights: Literal["none", "balanced"] = "none",
) -> Task:
    """Choose one class for each volume.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        class_weights: "balanced" for examples that weigh the more the rarer their
            class is.
    """
    return classification_task(
        "grids",
        label_smoothing,
        turning_grid,
        TURN,
        name="volume_classification",
        class_weights=class_weights,
        interface=INTERFACE,
    )

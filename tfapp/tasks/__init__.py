"""Every task, by name. To add one: a file with a `task()` here, and lines below."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tfapp.base import registry
from tfapp.base.errors import ConfigError
from tfapp.tasks.spec import Task

if TYPE_CHECKING:
    from tfapp.comparison.compared_task import ComparedTask

TASKS = {
    "capsule_classification": "tfapp.domains.images.capsules.task:task",
    "image_classification": "tfapp.domains.images.classification.task:task",
    "image_segmentation": "tfapp.domains.images.segmentation.task:task",
}

COMPARED = {
    "capsule_classification": "tfapp.problems.classification.compared:CLASSIFICATION",
    "image_classification": "tfapp.problems.classification.compared:CLASSIFICATION",
    "image_segmentation": "tfapp.domains.images.segmentation.compared:SEGMENTATION",
}
"""How runs of each task are compared; those of equal entries can be put together."""

CLASSIFIERS = ("capsule_classification", "image_classification")
"""Tasks that choose one class per image: their runs can be explained."""

SETTLED: dict[str, dict[str, tuple[Any, ...]]] = {
    "capsule_classification": {
        "data.name": ("images",),
        "training.distill": (None,),
    },
    "image_classification": {"data.name": ("images",)},
    "image_segmentation": {
        "data.name": ("masks",),
        "data.augmentation.rand_augment": (0,),
        "data.augmentation.erase": (0.0,),
        "data.augmentation.mixup": (0.0,),
        "data.augmentation.cutmix": (0.0,),
        "training.class_weights": ("none",),
        "training.distill": (None,),
        "fine_tune.head.views": (0,),
        "fine_tune.thaw.views": (0,),
    },
}
"""Keys of a recipe for which a task leaves no choice, and what they have to be."""


def check(name: str, options: Mapping[str, Any], recipe: Any) -> None:
    """Refuse an unknown task, options that it does not take, and settings beside it.

    Args:
        name: of the task.
        options: its keyword arguments.
        recipe: the whole recipe.

    Raises:
        UnknownNameError: if no task has that name.
        ConfigError: naming the key, what it has to be and what it is.
    """
    registry.check_options("task", TASKS, name, options)
    for key, allowed in SETTLED[name].items():
        value = recipe
        for part in key.split("."):
            value = getattr(value, part, None)
            if value is None:  # a table that the recipe does without
                break
        if value is not None and value not in allowed:
            raise ConfigError(
                f"Task {name!r} needs `{key}` = {allowed[0]!r}. Received: {value!r}"
            )


def get_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """Return the task that a recipe names, with its `task_options`."""
    return cast(Task, registry.load("task", TASKS, name)(**(options or {})))


def compared(name: str) -> "ComparedTask":
    """Return how runs of a task are compared; TensorFlow is not needed for it."""
    return cast("ComparedTask", registry.load("task", COMPARED, name))

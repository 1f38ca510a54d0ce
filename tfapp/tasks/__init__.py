"""Every task, by name. To add one: a file with a `task()` here, and a line below."""

from typing import cast

from tfapp import registry
from tfapp.tasks.spec import Task

TASKS = {
    "image_classification": "tfapp.tasks.image_classification:task",
}


def check(name: str) -> None:
    """Refuse an unknown task.

    Raises:
        UnknownNameError: if no task has that name.
    """
    registry.find("task", TASKS, name)


def get_task(name: str) -> Task:
    """Return the task that a recipe names."""
    return cast(Task, registry.load("task", TASKS, name)())

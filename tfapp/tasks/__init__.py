"""Every task, by name: the `TASKS` of all domains."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tfapp.base import registry
from tfapp.tasks.spec import Task

if TYPE_CHECKING:
    from tfapp.comparison.compared_task import ComparedTask


def get_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """Return the task that a recipe names, with its `task_options`."""
    tasks = registry.union("TASKS")
    checked = registry.check_options("task", tasks, name, options or {})
    return cast(Task, registry.load("task", tasks, name)(**checked))


def compared(name: str) -> "ComparedTask":
    """Return how runs of a task are compared; TensorFlow is not needed for it."""
    comparisons = registry.union("COMPARISONS")
    return cast("ComparedTask", registry.load("task", comparisons, name))

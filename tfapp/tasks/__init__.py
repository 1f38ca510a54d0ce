"""Every task, by name: the `TASKS` of all domains."""

from collections.abc import Mapping
from typing import Any, cast

from tfapp.base import registry
from tfapp.tasks.spec import Task


def get_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """Return the task that a recipe names, with its `task_options`."""
    tasks = registry.union("TASKS")
    checked = registry.check_options("task", tasks, name, options or {})
    return cast(Task, registry.load("task", tasks, name)(**checked))


def preview(kind: str) -> Any:
    """Return what shows examples of a kind of data, None if nothing does.

    It takes the file of an example and a caption; see `comparison.missed.Preview`.
    TensorFlow is not needed for it.
    """
    previews = registry.union("PREVIEWS")
    return registry.load("preview", previews, kind) if kind in previews else None

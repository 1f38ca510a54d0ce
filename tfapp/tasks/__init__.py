"""Every task, by name: the `TASKS` of all domains."""

from collections.abc import Mapping
from typing import Any, cast

from tfapp.base import registry
from tfapp.export.spec import Interface
from tfapp.tasks.spec import Task


def get_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """Return the task that a recipe names, with its `task_options`."""
    tasks = registry.union("TASKS")
    checked = registry.check_options("task", tasks, name, options or {})
    return cast(Task, registry.load("task", tasks, name)(**checked))


def get_interface(name: str, options: Mapping[str, Any] | None = None) -> Interface:
    """Return what the exported models of a task take and answer.

    A domain may name it by itself, so that answering does not wait for what only
    training needs.
    """
    interfaces = registry.union("INTERFACES")
    if name in interfaces:
        return cast(Interface, registry.load("task", interfaces, name))
    return get_task(name, options).interface


def preview(kind: str) -> Any:
    """Return what shows examples of a kind of data, None if nothing does.

    It takes the file of an example and a caption; see `comparison.missed.Preview`.
    TensorFlow is not needed for it.
    """
    previews = registry.union("PREVIEWS")
    return registry.load("preview", previews, kind) if kind in previews else None

"""What a recipe's task stands for: learning from examples, or its own experiment."""

from typing import TYPE_CHECKING, Any, cast

from tfapp.base.errors import ConfigError
from tfapp.machine.cluster import team
from tfapp.recipes.config import Recipe
from tfapp.tasks import get_task
from tfapp.tasks.spec import Task

if TYPE_CHECKING:
    from tfapp.runs.experiment import Experiment


def experiment_of(recipe: Recipe) -> "Experiment":
    """Return the experiment that a recipe's task stands for.

    A registered task is a `Task`, which is learned from examples, or an experiment of
    its own.

    Raises:
        ConfigError: if the recipe asks for what only examples allow, or several
            workers for what one process does.
    """
    from tfapp.runs.supervised import SupervisedExperiment

    task: Any = get_task(recipe.task, recipe.task_options)
    if isinstance(task, Task):
        if task.distill is not None:
            _require_one_process("`task_options.distill`")
        return SupervisedExperiment(task)
    _require_one_process(f"Task {recipe.task!r}")
    if not recipe.data.batch_size:
        raise ConfigError(
            f"`data.batch_size` = 'auto' is for tasks that learn from examples; "
            f"{recipe.task!r} needs a number."
        )
    return cast("Experiment", task)


def _require_one_process(what: str) -> None:
    """Refuse what several workers cannot share.

    Raises:
        ConfigError: if there are several.
    """
    if team().size > 1:
        raise ConfigError(
            f"{what} is learned by one process. Set runtime.strategy = 'single'."
        )

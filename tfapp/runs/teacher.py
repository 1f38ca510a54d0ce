"""The teacher that a recipe names, ready to answer."""

from pathlib import Path
from typing import Any

from tfapp import runs
from tfapp.base.errors import ConfigError
from tfapp.data.spec import Dataset
from tfapp.recipes.config import DistillConfig
from tfapp.runs import Run


def load_teacher(
    distill: DistillConfig, task: str, folder: Run, dataset: Dataset
) -> Any:
    """Return the network of `task_options.distill.teacher`.

    It computes in the precision of its own run, which was chosen for it.

    Args:
        distill: names the teacher.
        task: of the student, by name.
        folder: of the student's run; "NAME/NUMBER" is looked for next to it.
        dataset: the student's.

    Returns:
        keras.Model: images of the dataset → logits of its classes.

    Raises:
        ConfigError: if there is no such run, or it is of another task, other classes
            or other channels.
        ModelError: if its model cannot be read.
    """
    from tfapp.domains.images.shapes import image_shape
    from tfapp.export.keras_file import load_model
    from tfapp.layers.outputs import logits_model
    from tfapp.training.distillation import for_student

    run = _find(distill.teacher, folder)
    card = run.card()
    _check(run, task, card.get("task"), "task")
    classes = list(dataset.info.labels)
    _check(run, classes, card.get("class_names"), "classes")
    teacher = logits_model(load_model(run.model_file))
    shape = image_shape(dataset.info)
    _check(run, shape[-1], teacher.input_shape[-1], "image channels")
    return for_student(teacher, shape)


def _find(text: str, folder: Run) -> Run:
    if text.endswith(".keras"):
        return Run(Path(text).expanduser().parent)
    return runs.find(text, folder.folder.parent.parent)


def _check(run: Run, expected: Any, received: Any, what: str) -> None:
    if expected != received:
        raise ConfigError(
            f"`task_options.distill.teacher` {str(run.folder)!r} has other {what} than "
            f"this run: {_short(received)}. Expected {_short(expected)}; train a "
            "teacher on the same data."
        )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"

"""What a finished run left behind, read without TensorFlow."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.comparison.compared_task import Answer, ComparedTask, Quantity

WAY_OUT = "Run its recipe again, or leave it out."
DAMAGE = (LookupError, TypeError, ValueError, AttributeError)
"""What reading damaged tables raises."""


@dataclass(frozen=True)
class RunRecord:
    """One finished run.

    Args:
        folder: of the run.
        recipe: the resolved recipe as nested tables.
        task: how runs of its task are compared.
        figures: those that `task` names, NaN where unknown, and the run's seconds.
        class_names: in the order of the model's outputs.
        answers: answer by test example; the key is the example's content hash, its
            label and, of copies, a number, so it is the same in every run.
        trained_on: number of training examples.
        parameters: numbers in the model, those that never learn included; None if
            the run keeps no model.
        intervals: figure → 95 % interval that the run gave it, where it has one.
    """

    folder: Path
    recipe: Mapping[str, Any]
    task: ComparedTask
    figures: Mapping[str, float]
    class_names: tuple[str, ...]
    answers: Mapping[str, Answer]
    trained_on: int
    parameters: int | None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The run as people call it: NAME/NUMBER."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(self.recipe.get("seed", 0))

    @cached_property
    def test_set(self) -> frozenset[str]:
        """Keys of the test examples: equal for runs that can be paired."""
        return frozenset(self.answers)


def read_record(
    folder: Path, recipe: Mapping[str, Any], task: ComparedTask
) -> RunRecord:
    """Read a finished run.

    Args:
        folder: runs/NAME/NUMBER.
        recipe: its resolved recipe as nested tables.
        task: how runs of its task are compared.

    Raises:
        ConfigError: if a file is missing or damaged, or the files disagree.
    """
    stored = {n: _read_json(folder / n) for n in ("metrics.json", "split.json")}
    figures, intervals = _read_figures(folder, stored["metrics.json"], task)
    try:
        examples = stored["split.json"]["examples"]
        test = [row for row in examples if row["split"] == "test"]
        keys = list(_numbered(test))
        trained_on = _count_trained(examples, recipe, task.per_class)
    except DAMAGE as error:
        raise _damaged(folder / "split.json", f"{error!r}") from None
    try:
        class_names = tuple(task.class_names(stored[task.classes_file]))
    except DAMAGE as error:
        raise _damaged(folder / task.classes_file, f"{error!r}") from None
    answers = list(_read_answers(folder / "predictions.csv", task))
    _check_agreement(folder, task, figures[task.score.key], test, answers)
    return RunRecord(
        folder=folder,
        recipe=recipe,
        task=task,
        figures=figures,
        class_names=class_names,
        answers=dict(zip(keys, answers, strict=True)),
        trained_on=trained_on,
        parameters=count_parameters(folder / "model.keras"),
        intervals=intervals,
    )


def count_parameters(model_file: Path) -> int | None:
    """Count the numbers of a .keras file's model, None if it cannot be read.

    Like Keras' `count_params`: what never learns counts too, the state of random
    layers and of the optimizer does not.
    """
    import h5py

    total = 0

    def visit(name: str, item: Any) -> None:
        nonlocal total
        array = isinstance(item, h5py.Dataset) and item.dtype.kind not in "ui"
        if array and not name.startswith("optimizer"):
            total += int(item.size)

    try:
        with (
            zipfile.ZipFile(model_file) as archive,
            archive.open("model.weights.h5") as file,
            h5py.File(file) as content,
        ):
            content.visititems(visit)
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile):
        return None  # a nicety: the comparison does without
    return total


def _read_figures(
    folder: Path, stored: Mapping[str, Any], task: ComparedTask
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Return the figures of metrics.json, and the intervals of those that have one."""
    path = folder / "metrics.json"
    try:
        found = {task.score.key: task.recorded_score(stored)}
        found |= {q.key: _number(stored[q.key], q) for q in task.others}
        found["seconds"] = float(stored["run"]["total_seconds"])
        intervals = {
            q.key: (float(interval[0]), float(interval[1]))
            for q in task.others
            if q.interval and (interval := stored[f"{q.key}_interval"]) is not None
        }
    except KeyError as error:
        raise _damaged(path, f"it lacks {error}") from None
    except DAMAGE as error:
        raise _damaged(path, str(error)) from None
    unknown = {q.key for q in task.others if stored[q.key] is None}
    known = [value for key, value in found.items() if key not in unknown]
    if not np.isfinite([*known, *sum(intervals.values(), ())]).all():
        raise _damaged(path, "a figure in it is not a finite number")
    return found, intervals


def _number(value: Any, quantity: Quantity) -> float:
    return nan if value is None and quantity.optional else float(value)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except ValueError:
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(stored, dict):
        raise _damaged(path, "it is not a JSON object")
    return stored


def _read_answers(path: Path, task: ComparedTask) -> Iterator[Answer]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield task.read_answer(row)
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except (*DAMAGE, csv.Error) as error:
        raise _damaged(path, f"{error!r}") from None


def _numbered(test: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield keys of test examples; copies of one content are told apart."""
    seen: Counter[str] = Counter()
    for row in test:
        key = f"{row['content_hash']} {row['target']}"
        yield f"{key} {seen[key]}"
        seen[key] += 1


def _count_trained(
    examples: Sequence[Mapping[str, Any]], recipe: Mapping[str, Any], per_class: bool
) -> int:
    """Count the training examples; the split is recorded before the limit cuts it."""
    limit = int(recipe.get("data", {}).get("limit", 0))
    trained = [row["target"] for row in examples if row["split"] == "train"]
    counts = Counter(trained).values() if per_class else [len(trained)]
    return sum(min(n, limit) if limit else n for n in counts)


def _check_agreement(
    folder: Path,
    task: ComparedTask,
    recorded: float,
    test: Sequence[Mapping[str, Any]],
    answers: Sequence[Answer],
) -> None:
    """Refuse predictions that are not those of the split and the metrics."""
    path, name = folder / "predictions.csv", task.score.short
    if not answers:
        raise _damaged(path, "it holds no prediction")
    if len(test) != len(answers) or not all(map(task.is_of, answers, test)):
        raise _damaged(path, "its rows are not the test examples of split.json")
    mean = sum(answer.score for answer in answers) / len(answers)
    if abs(mean - recorded) > 1e-6:
        raise _damaged(
            path, f"its {name} is {mean:.4%}, that of metrics.json {recorded:.4%}"
        )


def _damaged(path: Path, reason: str) -> ConfigError:
    return ConfigError(f"{path} cannot be used: {reason}. {WAY_OUT}")

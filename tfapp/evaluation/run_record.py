"""What a finished run left behind, read without TensorFlow."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.errors import ConfigError

WAY_OUT = "Run its recipe again, or leave it out."
FIGURES = ("accuracy", "macro_f1", "log_loss", "expected_calibration_error")
"""Of metrics.json, besides the seconds of the run."""


@dataclass(frozen=True)
class Answer:
    """What a run said about one test example.

    Args:
        path: of the example, as the run named it.
        label: its class.
        predicted: class that the run chose.
        correct: whether that is the label.
        loss: -log of the label's probability, in nats.
    """

    path: str
    label: str
    predicted: str
    correct: bool
    loss: float


@dataclass(frozen=True)
class RunRecord:
    """One finished run of a classifier.

    Args:
        folder: of the run.
        recipe: the resolved recipe as nested tables.
        figures: accuracy, macro_f1, log_loss, expected_calibration_error, seconds.
        class_names: in the order of the model's outputs.
        answers: answer by test example; the key is the example's content hash, its
            label and, of copies, a number, so it is the same in every run.
        trained_on: number of training examples.
        parameters: numbers in the model, those that never learn included; None if
            the run keeps no model.
    """

    folder: Path
    recipe: Mapping[str, Any]
    figures: Mapping[str, float]
    class_names: tuple[str, ...]
    answers: Mapping[str, Answer]
    trained_on: int
    parameters: int | None

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


def read_record(folder: Path, recipe: Mapping[str, Any]) -> RunRecord:
    """Read a finished run.

    Args:
        folder: runs/NAME/NUMBER.
        recipe: its resolved recipe as nested tables.

    Raises:
        ConfigError: if a file is missing or damaged, or the files disagree.
    """
    figures = _read_figures(folder / "metrics.json")
    split = _read_json(folder / "split.json")
    try:
        class_names = tuple(str(name) for name in split["class_names"])
        test = [_key(row) for row in split["examples"] if row["split"] == "test"]
        trained_on = _count_trained(split["examples"], recipe)
    except (KeyError, TypeError) as error:
        raise _damaged(folder / "split.json", f"{error!r}") from None
    answers = list(_read_answers(folder / "predictions.csv"))
    _check_agreement(folder, figures["accuracy"], test, answers)
    return RunRecord(
        folder=folder,
        recipe=recipe,
        figures=figures,
        class_names=class_names,
        answers=dict(zip(_numbered(test), answers, strict=True)),
        trained_on=trained_on,
        parameters=count_parameters(folder / "model.keras"),
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


def _read_figures(path: Path) -> dict[str, float]:
    stored = _read_json(path)
    try:
        found = {name: float(stored[name]) for name in FIGURES}
        found["seconds"] = float(stored["run"]["total_seconds"])
    except KeyError as error:
        raise _damaged(path, f"it lacks {error}") from None
    except (TypeError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    if not np.isfinite(list(found.values())).all():
        raise _damaged(path, "a figure in it is not a finite number")
    return found


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


def _read_answers(path: Path) -> Iterator[Answer]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Answer(
                    path=row["path"],
                    label=row["label"],
                    predicted=row["predicted"],
                    correct=row["correct"] == "true",
                    loss=float(row["loss"]),
                )
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise _damaged(path, f"{error!r}") from None


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["content_hash"]), str(row["label"])


def _numbered(test: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield keys of test examples; copies of one content are told apart."""
    seen: Counter[tuple[str, str]] = Counter()
    for key in test:
        yield f"{key[0]} {key[1]} {seen[key]}"
        seen[key] += 1


def _count_trained(
    examples: Sequence[Mapping[str, Any]], recipe: Mapping[str, Any]
) -> int:
    """Count the training examples; the split is recorded before the limit cuts it."""
    limit = int(recipe.get("data", {}).get("limit_per_class", 0))
    counts = Counter(row["label"] for row in examples if row["split"] == "train")
    return sum(min(n, limit) if limit else n for n in counts.values())


def _check_agreement(
    folder: Path,
    accuracy: float,
    test: Sequence[tuple[str, str]],
    answers: Sequence[Answer],
) -> None:
    """Refuse predictions that are not those of the split and the metrics."""
    path = folder / "predictions.csv"
    if not answers:
        raise _damaged(path, "it holds no prediction")
    if [label for _, label in test] != [answer.label for answer in answers]:
        raise _damaged(path, "its rows are not the test examples of split.json")
    share = sum(answer.correct for answer in answers) / len(answers)
    if abs(share - accuracy) > 1e-6:
        raise _damaged(
            path, f"its accuracy is {share:.4%}, that of metrics.json {accuracy:.4%}"
        )


def _damaged(path: Path, reason: str) -> ConfigError:
    return ConfigError(f"{path} cannot be used: {reason}. {WAY_OUT}")

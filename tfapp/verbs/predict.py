"""Answer new inputs with a SavedModel, a run or a .keras file."""

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.csv_cells import safe_cell
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.files import free_names, replacing, write_text
from tfapp.base.reporter import Reporter
from tfapp.export.inputs import find_files, require_answers
from tfapp.machine.graphs import as_they_are
from tfapp.verbs.runs.loading import load

if TYPE_CHECKING:
    from tfapp.export.predictor import Predictor
    from tfapp.export.spec import Prediction

FILES_AT_A_TIME = 32
FOLDER = "predictions"
"""Where files of the answers go, such as masks."""


@dataclass(frozen=True)
class PredictionRow:
    """The answer to one input.

    Args:
        path: of the input; with "#2" and so on for further rows of one file.
        text: the answer in a few words.
        columns: name → value of the answer, JSON-ready; see `Prediction`. Written
            files are among them, as paths.
        files: that were written.
        error: why there is no answer, "" if there is one.
    """

    path: str
    text: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    error: str = ""

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the largest numbers of the answer's mapping, [] if it has none."""
        mappings = [v for v in self.columns.values() if isinstance(v, Mapping)]
        pairs = sorted((mappings or [{}])[0].items(), key=lambda pair: -pair[1])
        return pairs[:count]


@dataclass(frozen=True)
class Predictions:
    """One row per input, in the order of the inputs."""

    rows: tuple[PredictionRow, ...]

    @property
    def good(self) -> bool:
        """Whether every input has an answer."""
        return not any(row.error for row in self.rows)

    def require_good(self) -> None:
        """Refuse to pass over inputs without an answer.

        Raises:
            DataError: with their number and the first of them.
        """
        require_answers(self.rows)

    def to_json(self) -> list[dict[str, Any]]:
        """Return JSON-ready rows."""
        return [
            {"path": row.path, "error": row.error}
            if row.error
            else {"path": row.path, **row.columns}
            for row in self.rows
        ]


def predict(
    model: str,
    inputs: Sequence[str],
    *,
    fields: Mapping[str, str] | None = None,
    out: Path | str = FOLDER,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Predictions:
    """Answer files, such as the class of images or of each of their pixels.

    Args:
        model: a SavedModel folder (saved_models/NAME or saved_models/NAME/VERSION), a
            run (NAME, NAME/NUMBER or its folder), a run's model.keras, or a file of
            `tfapp export`.
        inputs: files, folders (searched through), or glob patterns.
        fields: what is said next to the files, for models that take more than them,
            such as {"latitude": "52.5", "longitude": "13.4", "date": "2026-05-01"}.
        out: folder for answers that are files, such as masks; they get the names of
            the inputs. Other models write nothing.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        One row per input; a file that cannot be read has an error in its row.

    Raises:
        TfappError: if there is no such model or no input at all, or a file of an
            answer would replace an input.
    """
    reporter = reporter or Reporter()
    find_files(inputs)  # before the seconds that TensorFlow takes
    predictor = load(model, runs_folder=runs_folder, reporter=reporter).predictor
    predictor.fields(fields or {})  # a mistake in them is no mistake of a file
    paths = find_files(inputs, predictor.interface.suffixes)
    targets = free_names(Path(out).expanduser(), paths)
    rows: list[PredictionRow] = []
    graphs = as_they_are() if len(paths) <= FILES_AT_A_TIME else nullcontext()
    with graphs, reporter.stage("predict", unit="files") as stage:
        for start in range(0, len(paths), FILES_AT_A_TIME):
            part = slice(start, start + FILES_AT_A_TIME)
            rows += _answer_files(predictor, paths[part], targets[part], fields or {})
            stage(min(start + FILES_AT_A_TIME, len(paths)), len(paths))
    return Predictions(tuple(rows))


def write_csv(path: Path, predictions: Predictions) -> None:
    """Write a line per input: path, answer, error, and a column per number of it."""
    lines = [_flat(row) for row in predictions.rows]
    plain = dict.fromkeys(name for line in lines for name in line if ":" not in name)
    others = dict.fromkeys(name for line in lines for name in line if ":" in name)
    plain.pop("error")
    text = io.StringIO()
    columns = [*plain, "error", *others]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(safe_cell, columns))
    for line in lines:
        writer.writerow(safe_cell(line.get(name, "")) for name in columns)
    write_text(path, text.getvalue())


def _flat(row: PredictionRow) -> dict[str, Any]:
    """Return a row's columns, with one for each key of a mapping."""
    line: dict[str, Any] = {"path": row.path}
    for name, value in row.columns.items():
        if isinstance(value, Mapping):
            line |= {f"{name}:{key}": number for key, number in value.items()}
        else:
            line[name] = value
    return line | {"error": row.error}


def _answer_files(
    predictor: "Predictor",
    paths: Sequence[Path],
    targets: Sequence[Path],
    said: Mapping[str, str],
) -> list[PredictionRow]:
    """Answer some files together; a bad one gets its error and stays alone."""
    contents = [_rows_of(predictor, path, said) for path in paths]
    rows = [row for content in contents if isinstance(content, list) for row in content]
    answers = iter(predictor.answers(rows))
    answered = []
    for path, target, content in zip(paths, targets, contents, strict=True):
        if isinstance(content, str):
            answered.append(PredictionRow(str(path), error=content))
            continue
        for number in range(1, len(content) + 1):
            mark, stem = (f"#{number}", f"_{number}") if number > 1 else ("", "")
            place = target.with_stem(target.stem + stem)
            row = _row(predictor, next(answers), path, place)
            answered.append(replace(row, path=f"{path}{mark}"))
    return answered


def _rows_of(
    predictor: "Predictor", path: Path, said: Mapping[str, str]
) -> list[Mapping[str, Any]] | str:
    """Return the raw inputs that a file holds, or why it cannot be read."""
    try:
        return predictor.rows(path, said)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except (ConfigError, DataError) as error:  # perhaps its format needs a package
        return str(error)


def _row(
    predictor: "Predictor", answer: Any, path: Path, target: Path
) -> PredictionRow:
    if isinstance(answer, str):
        return PredictionRow(str(path), error=answer)
    prediction = predictor.interface.prediction(answer)
    written = _write_files(prediction, path, target)
    columns = {**prediction.columns, **written}
    return PredictionRow(str(path), prediction.text, columns, tuple(written.values()))


def _write_files(prediction: "Prediction", path: Path, target: Path) -> dict[str, str]:
    """Write the files of an answer, but never over the input that it is of."""
    written: dict[str, str] = {}
    for name, content in prediction.files.items():
        column, suffix = Path(name).stem, Path(name).suffix
        stem = target.stem if not written else f"{target.stem}_{column}"
        place = target.with_name(f"{stem}{suffix}")
        if place.exists() and place.samefile(path):
            raise DataError(
                f"The {column} of {path} would replace it. Choose another folder with "
                "--out."
            )
        with replacing(place) as temporary:
            temporary.write_bytes(content)
        written[column] = str(place)
    return written

"""A model that stays loaded, to answer inputs from within a program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import DataError
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
from tfapp.runs import models

if TYPE_CHECKING:
    from tfapp.export.predictor import Predictor
    from tfapp.export.spec import Prediction


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory: call it with one input, or `predict` with several.

    Args:
        predictor: what answers raw inputs.
    """

    predictor: "Predictor"

    def __call__(self, value: Any) -> "Prediction":
        """Return the answer to one input; see `predict`."""
        return self.predict([value])[0]

    def predict(self, inputs: Sequence[Any]) -> "list[Prediction]":
        """Return the answer to each input: `text`, `columns` by name, and `files`.

        Args:
            inputs: paths, contents of files as bytes, or mappings of raw inputs by
                name; for models of images also Pillow images and arrays, uint8 of
                shape (height, width) or (height, width, 1, 3 or 4).

        Raises:
            DataError: for an input that cannot be read or answered, with its place.
        """
        rows = [_row(self.predictor, i, value) for i, value in enumerate(inputs)]
        answers = self.predictor.answers(rows)
        for place, answer in enumerate(answers):
            if isinstance(answer, str):
                raise DataError(f"{_name(place, inputs[place])}: {answer}.")
        return [self.predictor.interface.prediction(a) for a in answers]  # type: ignore[arg-type]


def load(
    model: str | Path,
    *,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> LoadedModel:
    """Load a model once, to answer as often as wanted.

    Args:
        model: a SavedModel folder (saved_models/NAME or saved_models/NAME/VERSION), a
            run (NAME, NAME/NUMBER or its folder), or a run's model.keras.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Raises:
        TfappError: if there is no such model.
    """
    reporter = reporter or Reporter()
    models.require(str(model), Path(runs_folder))
    needs_keras = models.saved_model_of(str(model), Path(runs_folder)) is None
    start_tensorflow(reporter, needs_backend=False, needs_keras=needs_keras)
    with reporter.stage("load model"):
        return LoadedModel(models.load(str(model), Path(runs_folder)))


def _row(predictor: "Predictor", place: int, value: Any) -> Mapping[str, Any]:
    """Return the raw inputs of one input."""
    if isinstance(value, Mapping):
        return {**predictor.fields({}), **value}
    try:
        if isinstance(value, str | Path):
            rows = predictor.rows(Path(value).expanduser())
            if len(rows) != 1:
                raise DataError(f"it holds {len(rows)} inputs, expected one.")
            return rows[0]
        return predictor.in_memory(value)
    except OSError as error:
        raise DataError(
            f"{_name(place, value)} cannot be read: {error.strerror or error}."
        ) from None
    except DataError as error:
        raise DataError(f"{_name(place, value)}: {error}") from None


def _name(place: int, value: Any) -> str:
    """Return what to call an input in a message."""
    named = str(value) if isinstance(value, str | Path) else type(value).__name__
    return f"Input {place + 1} ({named})"

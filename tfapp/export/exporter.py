"""A Keras classifier and its preprocessing become one checked SavedModel."""

import errno
import math
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp import __version__
from tfapp.base.errors import ExportError, TfappError
from tfapp.base.files import explained, replacing, write_json
from tfapp.export import CARD, parity
from tfapp.export.forms import Preprocess, find_form
from tfapp.export.options import ExportOptions
from tfapp.export.own_process import export_in_own_process
from tfapp.export.precision import float32_copy
from tfapp.export.saved_model import write_labels, write_saved_model
from tfapp.export.warmup import write_warmup

PACKAGES = ("tensorflow", "keras", "numpy")
WARMUP_IMAGES = 8
ERROR_NUMBERS = {
    tf.errors.ResourceExhaustedError: errno.ENOSPC,
    tf.errors.PermissionDeniedError: errno.EACCES,
}
"""What TensorFlow's own writers raise, as errno."""


@dataclass(frozen=True)
class ExportResult:
    """A published SavedModel.

    Args:
        path: its folder, saved_models/NAME/VERSION.
        max_difference: largest difference between its probabilities and the model's.
        load_ms: milliseconds a fresh process took to load it, on the CPU.
        first_request_ms: milliseconds of the first request, one image.
        second_request_ms: milliseconds of the same request again.
        card: the content of tfapp.json.
    """

    path: Path
    max_difference: float
    load_ms: float
    first_request_ms: float
    second_request_ms: float
    card: Mapping[str, Any]


def export_model(
    model: Any, preprocess: Preprocess, destination: Path, options: ExportOptions
) -> ExportResult:
    """Write, verify and publish a SavedModel; it appears whole or not at all.

    Args:
        model: Keras model, float tensor (batch, height, width, channels) in [0, 255]
            to logits (batch, ..., num_classes). A mixed-precision model is exported
            as its float32 copy; one on another Keras backend in a process of its own.
        preprocess: encoded or raw images to inputs of the model, in TensorFlow ops.
        destination: saved_models/NAME/VERSION, not there yet; see `next_version`.
        options: names, card, temperature, and how the export is checked.

    Returns:
        What was published, with the timings of a fresh process.

    Raises:
        ExportError: if the arguments do not fit together, the place cannot be written
            or the SavedModel answers differently. Nothing is left behind.
    """
    _check_destination(destination)
    _check_options(model, options)
    if keras.config.backend() != "tensorflow":
        result: ExportResult = export_in_own_process(
            model, preprocess, destination, options
        )
        return result
    servable, form = float32_copy(model), find_form(options.form)
    signatures = form.make_signatures(servable, preprocess, options)

    def ask(network: Any) -> parity.Questions:
        return form.make_questions(network, preprocess, options, signatures)

    questions = ask(servable)
    found: dict[str, Any] = {}
    if servable is not model:  # its metrics were measured in mixed precision
        mixed = parity.largest_difference(ask(model), questions)
        found["from_mixed_precision"] = mixed
    with _publishing(destination) as folder:
        described = write_saved_model(folder, servable, signatures)
        write_labels(folder, options.class_names)
        warmup = options.warmup_images[:WARMUP_IMAGES]
        name, images = destination.parent.name, questions.images
        write_warmup(folder, name, warmup, images, signatures, form.warmup_sizes)
        answers = parity.ask_fresh_process(folder, questions)
        names, tolerance = options.class_names, options.tolerance
        found |= parity.compare(questions, answers, names, tolerance)
        card = {**options.card, **_description(preprocess, options)}
        card |= {"signatures": described, "parity": found}
        card |= {"latency": _latency(answers), "versions": _versions()}
        write_json(folder / CARD, card)
    return ExportResult(
        destination, found["max_difference"], card=card, **_latency(answers)
    )


def _description(preprocess: Preprocess, options: ExportOptions) -> dict[str, Any]:
    return {
        "class_names": list(options.class_names),
        "preprocess": preprocess.describe(),
        "temperature": options.temperature,
    }


def next_version(folder: Path) -> int:
    """Return 1 + the highest version in saved_models/NAME; 1 if there is none."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return 1 + max((int(name) for name in names if _is_version(name)), default=0)


def _is_version(name: str) -> bool:
    return name.isascii() and name.isdigit()


@contextmanager
def _publishing(destination: Path) -> Iterator[Path]:
    """Yield a hidden folder that becomes `destination` when the block succeeds."""
    missing = [folder for folder in destination.parents if not folder.exists()]
    try:
        with replacing(destination) as folder:
            yield folder
    except OSError as error:
        raise _cannot_write(error, destination) from error
    except tuple(ERROR_NUMBERS) as error:
        number = ERROR_NUMBERS[type(error)]
        raise _cannot_write(OSError(number, ""), destination) from error
    except ExportError:
        raise
    except TfappError as error:
        raise ExportError(str(error)) from error
    finally:
        for folder in missing:
            with suppress(OSError):  # only those that stayed empty go
                folder.rmdir()


def _cannot_write(error: OSError, destination: Path) -> ExportError:
    known = explained(error, destination)
    if isinstance(known, TfappError):
        return ExportError(str(known))
    return ExportError(f"Cannot write {destination}: {error.strerror or error}.")


def _check_destination(destination: Path) -> None:
    if not _is_version(destination.name):
        raise ExportError(
            f"An export goes to a folder named by its version, such as "
            f"{destination / '1'}. Received: {str(destination)!r}"
        )
    if destination.exists():
        raise ExportError(
            f"{destination} exists already, and a published version never changes. "
            f"The next one is {next_version(destination.parent)}."
        )


def _check_options(model: Any, options: ExportOptions) -> None:
    num_outputs, names = model.output_shape[-1], options.class_names
    if num_outputs != len(names):
        raise ExportError(
            f"The model has {num_outputs} outputs. Expected one for each of the "
            f"{len(names)} class names."
        )
    broken = [name for name in names if len(name.splitlines()) != 1]
    if broken:
        raise ExportError(
            f"Class name {broken[0]!r} does not fit on one line of labels.txt. "
            "Rename the class."
        )
    if not (math.isfinite(options.temperature) and options.temperature > 0):
        raise ExportError(
            f"`temperature` must be a number above 0. Received: {options.temperature!r}"
        )
    for name in ("warmup_images", "check_images"):
        if not getattr(options, name):
            raise ExportError(f"`{name}` is empty. Expected at least one image.")


def _latency(answers: Mapping[str, np.ndarray]) -> dict[str, float]:
    names = ("load_ms", "first_request_ms", "second_request_ms")
    return {name: float(answers[name]) for name in names}


def _versions() -> dict[str, str]:
    own = {"tfapp": __version__, "python": platform.python_version()}
    return own | {name: metadata.version(name) for name in PACKAGES}

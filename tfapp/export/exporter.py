"""A Keras model and its preprocessing become one checked SavedModel."""

import errno
import json
import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfapp import __version__
from tfapp.base.errors import ExportError, StorageError, TfappError
from tfapp.base.files import explained, replacing, write_json
from tfapp.base.storage.checksums import seal_tree
from tfapp.export import CARD, parity
from tfapp.export.own_process import export_in_own_process
from tfapp.export.precision import float32_copy
from tfapp.export.saved_model import write_labels, write_saved_model
from tfapp.export.signatures import DEFAULT, batches, compiled
from tfapp.export.spec import Arrays, Exported, Interface, Signature
from tfapp.export.warmup import warmup_inputs, write_warmup

PACKAGES = ("tensorflow", "keras", "numpy")
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
        max_difference: largest difference between its floats and the model's.
        load_ms: milliseconds a fresh process took to load it, on the CPU.
        first_request_ms: milliseconds of the first request, one row.
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
    exported: Exported,
    interface: Interface,
    destination: Path,
    *,
    examples: Sequence[Mapping[str, Any]],
    card: Mapping[str, Any] | None = None,
    tolerance: float = 1e-4,
) -> ExportResult:
    """Write, verify and publish a SavedModel; it appears whole or not at all.

    Args:
        exported: a model and what its answers need. A mixed-precision model is
            exported as its float32 copy; one on another Keras backend in a process of
            its own, for which everything has to be picklable.
        interface: what it takes and answers.
        destination: saved_models/NAME/VERSION, not there yet; see `next_version`.
        examples: raw inputs by name whose answers are compared, at least one; the
            first of them warm the model up.
        card: JSON-ready; goes into tfapp.json with what the export adds.
        tolerance: largest absolute difference of a float allowed.

    Returns:
        What was published, with the timings of a fresh process.

    Raises:
        ExportError: if the arguments do not fit together or the SavedModel answers
            differently. Nothing is left behind.
        StorageError: if the place cannot be written.
    """
    _check_destination(destination)
    _check(exported, examples)
    if keras.config.backend() != "tensorflow":
        options = {"examples": examples, "card": card, "tolerance": tolerance}
        result: ExportResult = export_in_own_process(
            exported, interface, destination, options
        )
        return result
    servable = replace(exported, model=float32_copy(exported.model))
    signatures = interface.signatures(servable)
    functions = {name: compiled(s) for name, s in signatures.items()}
    questions = _questions(signatures, examples)
    expected = parity.expected_answers(functions, questions)
    comparison_facts: dict[str, Any] = {}
    if servable.model is not exported.model:
        comparison_facts["from_mixed_precision"] = _rounding(
            exported, interface, questions, expected
        )
    with _publishing(destination) as folder:
        described = write_saved_model(
            folder, servable.model, functions, servable.preprocessor
        )
        write_labels(folder, exported.info.labels)
        warmup = warmup_inputs(signatures, examples, interface.batch_sizes)
        write_warmup(folder, destination.parent.name, warmup)
        answers = parity.ask_fresh_process(folder, questions)
        comparison_facts |= parity.compare(expected, answers.outputs, tolerance)
        whole = {
            **(card or {}),
            **_description(exported, interface),
            "signatures": described,
            "parity": comparison_facts,
            "latency": dict(answers.latency),
            "versions": _versions(),
        }
        write_json(folder / CARD, whole)
        seal_tree(folder)
    return ExportResult(
        destination, comparison_facts["max_difference"], card=whole, **answers.latency
    )


def _questions(
    signatures: Mapping[str, Signature], examples: Sequence[Mapping[str, Any]]
) -> dict[str, list[Arrays]]:
    """Return batches of examples as each signature takes them."""
    raw = list(batches(examples, signatures[DEFAULT].inputs))
    return {name: [s.sample(batch) for batch in raw] for name, s in signatures.items()}


def _rounding(
    exported: Exported, interface: Interface, questions: Any, expected: Any
) -> float:
    """Return how far a mixed-precision model answers from its float32 copy.

    Its figures were measured in mixed precision.
    """
    function = compiled(interface.signatures(exported)[DEFAULT])
    mixed = parity.expected_answers({DEFAULT: function}, {DEFAULT: questions[DEFAULT]})
    return parity.largest_difference(mixed, expected)


def _description(exported: Exported, interface: Interface) -> dict[str, Any]:
    return {
        "class_names": list(exported.info.labels),
        "data": exported.info.to_json(),
        "preprocess": exported.preprocessor.describe(),
        "calibration": dict(exported.calibration),
        "interface": {
            "media_type": exported.preprocessor.media_type,
            "outputs": dict(interface.outputs),
        },
    }


def next_version(folder: Path) -> int:
    """Return 1 + the highest version in saved_models/NAME; 1 if there is none."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return 1 + max((int(name) for name in names if _is_version(name)), default=0)


def published_version(folder: Path, run_id: str) -> ExportResult | None:
    """Return what a run has published in saved_models/NAME, None if nothing."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if not _is_version(path.name):
            continue
        with suppress(OSError, ValueError, LookupError, TypeError):
            card = json.loads((path / CARD).read_text(encoding="utf-8"))
            if card["environment"]["id"] == run_id:
                difference = card["parity"]["max_difference"]
                return ExportResult(path, difference, card=card, **card["latency"])
    return None


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
    except (ExportError, StorageError):
        raise
    except TfappError as error:
        raise ExportError(str(error)) from error
    finally:
        for folder in missing:
            with suppress(OSError):  # only those that stayed empty go
                folder.rmdir()


def _cannot_write(error: OSError, destination: Path) -> StorageError:
    failure = explained(error, destination)
    if isinstance(failure, StorageError):
        return failure
    return StorageError(f"Cannot write {destination}: {error.strerror or error}.")


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


def _check(exported: Exported, examples: Sequence[Any]) -> None:
    labels, shape = exported.info.labels, exported.model.output_shape
    if labels and shape[-1] != len(labels):
        raise ExportError(
            f"The model has {shape[-1]} outputs. Expected one for each of the "
            f"{len(labels)} labels."
        )
    broken = [name for name in labels if len(name.splitlines()) != 1]
    if broken:
        raise ExportError(
            f"Label {broken[0]!r} does not fit on one line of labels.txt. Rename it."
        )
    for name, value in exported.calibration.items():
        is_number = isinstance(value, int | float)
        if is_number and not (math.isfinite(value) and value > 0):
            raise ExportError(f"`{name}` must be a number above 0. Received: {value!r}")
    if not examples:
        raise ExportError("`examples` is empty. Expected at least one example.")


def _versions() -> dict[str, str]:
    own = {"tfapp": __version__, "python": platform.python_version()}
    return own | {name: metadata.version(name) for name in PACKAGES}

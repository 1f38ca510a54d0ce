"""A Keras model and its preprocessing become one checked SavedModel."""

import json
import math
import platform
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tfapp import __version__
from tfapp.base.errors import ExportError
from tfapp.base.files import write_json
from tfapp.base.storage.checksums import seal_tree
from tfapp.export import CARD
from tfapp.export.checking import fresh_process, parity
from tfapp.export.destination import check_destination, is_version, publishing
from tfapp.export.own_process import export_in_own_process
from tfapp.export.precision import float32_copy
from tfapp.export.saved_model import write_labels, write_saved_model
from tfapp.export.signatures import DEFAULT, batches, compiled
from tfapp.export.spec import Arrays, Exported, Interface, Signature
from tfapp.export.warmup import warmup_inputs, write_warmup

PACKAGES = ("tensorflow", "keras", "numpy")
FEW = 4
"""Examples for what is compared besides the answers of "serving_default"."""


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
    check_destination(destination)
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
    with publishing(destination) as folder, ThreadPoolExecutor(1) as aside:
        described = write_saved_model(
            folder, servable.model, functions, servable.preprocessor
        )
        write_labels(folder, exported.info.labels)
        warmup = warmup_inputs(signatures, examples, interface.batch_sizes)
        write_warmup(folder, destination.parent.name, warmup)
        asked = aside.submit(fresh_process.ask_fresh_process, folder, questions)
        expected = parity.expected_answers(functions, questions)
        comparison_facts: dict[str, Any] = {}
        if servable.model is not exported.model:
            comparison_facts["from_mixed_precision"] = _rounding(
                exported, interface, questions, expected
            )
        answers = asked.result()
        comparison_facts |= parity.compare(
            expected, answers.outputs, tolerance, interface.alike
        )
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
    """Return batches of examples as each signature takes them.

    The signatures share one network, of which "serving_default" answers everything.
    """
    specs = signatures[DEFAULT].inputs
    few = list(batches(examples[:FEW], specs))
    questions = {n: [s.sample(batch) for batch in few] for n, s in signatures.items()}
    sample = signatures[DEFAULT].sample
    return questions | {DEFAULT: [sample(b) for b in batches(examples, specs)]}


def _rounding(
    exported: Exported, interface: Interface, questions: Any, expected: Any
) -> float:
    """Return how far a mixed-precision model answers from its float32 copy.

    Its figures were measured in mixed precision. Operation by operation it answers
    a few examples before its graph would have been built.
    """
    functions = {DEFAULT: interface.signatures(exported)[DEFAULT].function}
    questions, expected = (
        {DEFAULT: [{n: a[:FEW] for n, a in batches[DEFAULT][0].items()}]}
        for batches in (questions, expected)
    )
    tf.config.run_functions_eagerly(True)
    try:
        mixed = parity.expected_answers(functions, questions)
    finally:
        tf.config.run_functions_eagerly(False)
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


def published_version(folder: Path, run_id: str) -> ExportResult | None:
    """Return what a run has published in saved_models/NAME, None if nothing."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if not is_version(path.name):
            continue
        with suppress(OSError, ValueError, LookupError, TypeError):
            card = json.loads((path / CARD).read_text(encoding="utf-8"))
            if card["environment"]["id"] == run_id:
                difference = card["parity"]["max_difference"]
                return ExportResult(path, difference, card=card, **card["latency"])
    return None


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

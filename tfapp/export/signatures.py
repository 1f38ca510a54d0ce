"""Signatures as TensorFlow functions, and batches of rows that they take."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ExportError
from tfapp.export.spec import Arrays, Signature

DEFAULT = "serving_default"
BATCH_SIZE = 32


def compiled(signature: Signature) -> Any:
    """Return a signature as one TensorFlow function of its inputs, by their names."""
    names = tuple(signature.inputs)

    def run(*tensors: Any) -> dict[str, Any]:
        return dict(signature.function(**dict(zip(names, tensors, strict=True))))

    # TensorFlow reads the names of the arguments here.
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, kind) for name in names]
    )
    specs = [
        tf.TensorSpec(spec.shape, spec.dtype, name=name)
        for name, spec in signature.inputs.items()
    ]
    return tf.function(run, input_signature=specs, autograph=False)


def call(function: Any, inputs: Arrays) -> dict[str, np.ndarray]:
    """Call a compiled signature, or one of a loaded SavedModel, with arrays."""
    tensors = {name: tf.constant(array) for name, array in inputs.items()}
    return {name: np.asarray(value) for name, value in function(**tensors).items()}


def stack(
    rows: Sequence[Mapping[str, Any]], specs: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Return rows as one batch.

    Args:
        rows: inputs by name, without a batch axis; at least one, of equal shapes.
        specs: name → tf.TensorSpec of the batch.
    """
    return {
        name: np.stack([row[name] for row in _arrays(rows, specs)]) for name in specs
    }


def batches(
    rows: Iterable[Mapping[str, Any]], specs: Mapping[str, Any], size: int = BATCH_SIZE
) -> Iterator[dict[str, np.ndarray]]:
    """Yield rows in batches, in their order; rows of other shapes begin a new one.

    Args:
        rows: inputs by name, without a batch axis.
        specs: name → tf.TensorSpec of a batch.
        size: rows of a batch, at most.
    """
    batch: list[Arrays] = []
    for row in _arrays(rows, specs):
        if batch and (len(batch) == size or _shapes(row) != _shapes(batch[0])):
            yield stack(batch, specs)
            batch = []
        batch.append(row)
    if batch:
        yield stack(batch, specs)


def unstack(outputs: Arrays) -> list[dict[str, np.ndarray]]:
    """Return the rows of a batch of outputs."""
    count = len(next(iter(outputs.values())))
    return [{name: array[i] for name, array in outputs.items()} for i in range(count)]


def file_signature(folder: Path, signatures: Any) -> tuple[str, str]:
    """Return the signature that takes whole files, and its output of scores.

    Args:
        folder: of the SavedModel.
        signatures: of it, loaded, by name; "serving_default" is preferred.

    Returns:
        Their names.

    Raises:
        ExportError: if no signature has a single string input (batch,) and a float
            output (batch, labels).
    """
    for name in sorted(signatures, key=lambda name: (name != DEFAULT, name)):
        function = signatures[name]
        specs = list(function.structured_input_signature[1].values())
        output = _score_output(function.structured_outputs)
        if output and len(specs) == 1 and specs[0].dtype == tf.string:
            if specs[0].shape.is_compatible_with([7]):
                return name, output
    raise ExportError(
        f"The SavedModel {folder} has no signature that takes whole files: "
        "expected one string input (batch,) and a float output (batch, labels). "
        f"Found: {_summary(signatures)}"
    )


def _summary(signatures: Any) -> str:
    """List the signatures in one line: name(input: dtype shape, …)."""
    lines = []
    for name in sorted(signatures):
        inputs = signatures[name].structured_input_signature[1].items()
        specs = ", ".join(f"{k}: {v.dtype.name} {v.shape}" for k, v in inputs)
        lines.append(f"{name}({specs})")
    return "; ".join(lines) or "no signature at all"


def _score_output(outputs: Any) -> str:
    """Return the name of the float output (batch, labels), "" if none fits."""
    fitting = [
        name
        for name, spec in outputs.items()
        if spec.dtype.is_floating and spec.shape.rank == 2
    ]
    preferred = [name for name in ("probabilities", "scores") if name in fitting]
    return (preferred or fitting or [""])[0]


def _arrays(
    rows: Iterable[Mapping[str, Any]], specs: Mapping[str, Any]
) -> Iterator[dict[str, np.ndarray]]:
    for row in rows:
        yield {
            name: np.asarray(row[name], spec.dtype.as_numpy_dtype)
            for name, spec in specs.items()
        }


def _shapes(row: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in row.items()}

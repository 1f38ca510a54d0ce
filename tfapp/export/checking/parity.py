"""Does the exported model answer what the Keras model answers?"""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ExportError
from tfapp.export.checking.verify import Batches
from tfapp.export.signatures import call
from tfapp.export.spec import Alike, Arrays
from tfapp.machine.graphs import as_they_are


def expected_answers(functions: Mapping[str, Any], questions: Batches) -> Batches:
    """Answer check inputs with the Keras model itself, in this process.

    Everything is computed on the CPU: GPUs round convolutions to 10 bits of mantissa,
    which would hide or fake differences.

    Args:
        functions: signatures by name, compiled.
        questions: signature → batches of its inputs.

    Raises:
        ExportError: if an answer is not finite.
    """
    # Under another device every signature would be traced once more.
    on_cpu = tf.device("/CPU:0") if tf.config.list_logical_devices("GPU") else None
    with on_cpu or nullcontext(), as_they_are():
        answers = {
            name: [call(functions[name], inputs) for inputs in batches]
            for name, batches in questions.items()
        }
    for outputs in (outputs for batches in answers.values() for outputs in batches):
        if not all(np.isfinite(a).all() for a in outputs.values() if _is_float(a)):
            raise ExportError(
                "The model answers NaN or infinity for the check examples, so it is "
                "not exported. Train again with a smaller learning rate."
            )
    return answers


def compare(
    expected: Batches, received: Batches, tolerance: float, alike: Alike = None
) -> dict[str, Any]:
    """Compare the answers of the SavedModel with those of the Keras model.

    Floats may differ by the tolerance. All else, such as texts, whole numbers and
    files, has to be equal; only where a row's floats differ in their last bits, what
    hangs on them may fall to the other side of a tie or of a rounding. What hangs
    on floats that are not among the answers, such as a picture, may do so in any row
    as far as `alike` allows.

    Args:
        expected: answers of the Keras model.
        received: answers of the SavedModel to the same inputs.
        tolerance: largest difference of a float allowed, of the largest value if that
            is above 1.
        alike: see `Interface`.

    Returns:
        JSON-ready result: the largest difference overall and by signature, the number
        of examples, and the share of rows whose floats are equal to the last bit.

    Raises:
        ExportError: if anything differs.
    """
    differences, exact = {}, []
    for name, batches in expected.items():
        pairs = list(zip(batches, received[name], strict=True))
        results = [_floats(name, *pair, tolerance) for pair in pairs]
        differences[name] = max((worst for worst, _ in results), default=0.0)
        for pair, (_, equal) in zip(pairs, results, strict=True):
            _check_others(name, *pair, equal, alike)
            exact.append(equal)
    rows = np.concatenate(exact)
    return {
        "num_examples": sum(
            _count(outputs) for outputs in next(iter(expected.values()))
        ),
        "tolerance": tolerance,
        "max_difference": max(differences.values()),
        "by_signature": differences,
        "exact_share": float(rows.mean()),
    }


def largest_difference(expected: Batches, received: Batches) -> float:
    """Return how far the floats of two models' answers to the same inputs differ."""
    return max(
        float(np.max(np.abs(array - theirs[name])))
        for signature, batches in expected.items()
        for ours, theirs in zip(batches, received[signature], strict=True)
        for name, array in ours.items()
        if _is_float(array)
    )


def _floats(
    signature: str, expected: Arrays, received: Arrays, tolerance: float
) -> tuple[float, np.ndarray]:
    """Return the largest difference of a batch, and which rows are equal to the bit.

    Of an output with values above 1, differences count in units of the largest.
    """
    largest, equal = 0.0, np.ones(_count(expected), bool)
    for name, array in expected.items():
        _check_form(signature, name, array, received)
        if not _is_float(array):
            continue
        # Numbers in large units have large last bits.
        size = max(1.0, float(np.max(np.abs(array), initial=0.0)))
        difference = np.abs(array - received[name]) / size
        worst = float(np.max(difference, initial=0.0))
        if not worst <= tolerance:  # NaN compares false with everything
            raise _differs(
                signature,
                name,
                f"is off by up to {worst:.3g}, more than `export.tolerance` = "
                f"{tolerance:g}",
            )
        largest = max(largest, worst)
        equal &= difference.reshape(len(equal), -1).max(axis=1, initial=0.0) == 0
    return largest, equal


def _check_form(signature: str, name: str, array: Any, received: Arrays) -> None:
    other = received.get(name)
    if other is None or (other.dtype, other.shape) != (array.dtype, array.shape):
        form = "missing" if other is None else f"{other.dtype} {other.shape}"
        expected = f"expected {array.dtype} {array.shape}"
        raise _differs(signature, name, f"is {form}; {expected}")


def _check_others(
    signature: str,
    expected: Arrays,
    received: Arrays,
    exact: np.ndarray,
    alike: Alike,
) -> None:
    """Refuse answers other than floats that differ where all floats are equal."""
    for name, array in expected.items():
        if _is_float(array):
            continue
        unequal = (array != received[name]).reshape(len(exact), -1).any(axis=1)
        for row in np.flatnonzero(unequal & exact):
            ours, theirs = (a[row] for a in (array, received[name]))
            if alike is None or not alike(ours, theirs):
                how = f"is {_shown(theirs)} instead of {_shown(ours)}"
                raise _differs(signature, name, how)


def _differs(signature: str, name: str, how: str) -> ExportError:
    return ExportError(
        f"The exported model answers differently: `{name}` of {signature!r} {how}. "
        "Nothing was written."
    )


def _shown(value: Any) -> str:
    """Return a value in few characters; a file may be long."""
    text = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    return text if len(text) < 80 else f"{text[:80]}…"


def _count(outputs: Arrays) -> int:
    return len(next(iter(outputs.values())))


def _is_float(array: Any) -> bool:
    return bool(np.issubdtype(array.dtype, np.floating))

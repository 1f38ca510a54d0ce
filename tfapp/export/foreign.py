"""SavedModels that others made, as far as they answer whole files."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ExportError
from tfapp.export.predictor import Predictor, load_saved_model, read_labels
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Interface


def foreign_predictor(folder: Path, interface: Interface) -> Predictor:
    """Load a SavedModel that others made.

    One signature with a single string input (batch,) and a float output (batch,
    labels) is enough. Of several such outputs, `probabilities` or `scores` is taken.

    Args:
        folder: holds saved_model.pb.
        interface: what makes predictions of `probabilities` and `classes`.

    Raises:
        ExportError: if there is no SavedModel, it cannot be loaded, or no signature
            fits.
    """
    loaded = load_saved_model(folder)
    name, output = _find_signature(folder, loaded.signatures)
    signature = loaded.signatures[name]
    width = signature.structured_outputs[output].shape[1] or 0
    labels = np.array(read_labels(folder) or [str(i) for i in range(width)], object)

    def function(**inputs: Any) -> dict[str, Any]:
        scores = signature(**inputs)[output]
        names = tf.tile(labels[np.newaxis], [tf.shape(scores)[0], 1])
        return {"probabilities": scores, "classes": names}

    inputs = signature.structured_input_signature[1]
    return Predictor(function, inputs, interface, loaded=loaded)


def _find_signature(folder: Path, signatures: Any) -> tuple[str, str]:
    """Return the name of the signature and of its output."""
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


def _score_output(outputs: Any) -> str:
    """Return the name of the float output (batch, labels), "" if none fits."""
    fitting = [
        name
        for name, spec in outputs.items()
        if spec.dtype.is_floating and spec.shape.rank == 2
    ]
    preferred = [name for name in ("probabilities", "scores") if name in fitting]
    return (preferred or fitting or [""])[0]


def _summary(signatures: Any) -> str:
    """List the signatures in one line: name(input: dtype shape, …)."""
    lines = []
    for name in sorted(signatures):
        inputs = signatures[name].structured_input_signature[1].items()
        specs = ", ".join(f"{k}: {v.dtype.name} {v.shape}" for k, v in inputs)
        lines.append(f"{name}({specs})")
    return "; ".join(lines) or "no signature at all"

"""Writing a SavedModel that TensorFlow Serving understands in full."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfapp.export import LABELS
from tfapp.export.signatures import Signature

METHOD_NAMES = {"classify": "tensorflow/serving/classify"}
"""TensorFlow Serving looks for its Classify API by this name, not by the alias."""


def write_saved_model(
    folder: Path, model: Any, signatures: Mapping[str, Signature]
) -> dict[str, Any]:
    """Write a SavedModel and describe its signatures as they stand in the file.

    Args:
        folder: to create.
        model: Keras model whose variables the signatures use.
        signatures: by name; one is "serving_default".

    Returns:
        JSON-ready description: method, inputs and outputs of each signature, with the
        dtype and shape of every tensor, -1 where the size is open.
    """
    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, signature in signatures.items():
        archive.add_endpoint(
            name, signature.function, input_signature=[signature.input_spec]
        )
    archive.write_out(str(folder), verbose=False)
    return _name_methods(folder / "saved_model.pb", signatures)


def write_labels(folder: Path, class_names: Sequence[str]) -> None:
    """Write the class names, one a line, where TensorFlow Serving tools look."""
    path = folder / LABELS
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}\n" for name in class_names), encoding="utf-8")


def _name_methods(path: Path, signatures: Mapping[str, Signature]) -> dict[str, Any]:
    """Set the method names in saved_model.pb; return the signatures' description."""
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    definitions = saved_model.meta_graphs[0].signature_def
    for name, method in METHOD_NAMES.items():
        if name in signatures:
            definitions[name].method_name = method
    path.write_bytes(saved_model.SerializeToString(deterministic=True))
    return {name: _describe(definitions[name]) for name in signatures}


def _describe(definition: Any) -> dict[str, Any]:
    return {
        "method": definition.method_name,
        "inputs": _describe_tensors(definition.inputs),
        "outputs": _describe_tensors(definition.outputs),
    }


def _describe_tensors(tensors: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "dtype": tf.as_dtype(tensor.dtype).name,
            "shape": [dimension.size for dimension in tensor.tensor_shape.dim],
        }
        for name, tensor in sorted(tensors.items())
    }

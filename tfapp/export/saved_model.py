"""Writing a SavedModel that TensorFlow Serving understands in full."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfapp.export import LABELS
from tfapp.export.warmup import METHOD_NAMES


def write_saved_model(
    folder: Path,
    model: Any,
    functions: Mapping[str, Any],
    preprocessor: Any = None,
) -> dict[str, Any]:
    """Write a SavedModel and describe its signatures as they stand in the file.

    Args:
        folder: to create.
        model: Keras model whose variables the signatures use.
        functions: signatures by name, compiled; one is "serving_default".
        preprocessor: whose attributes are lookup tables that they use, if it has some.

    Returns:
        JSON-ready description: method, inputs and outputs of each signature, with the
        dtype and shape of every tensor, -1 where the size is open.
    """
    concrete = {name: f.get_concrete_function() for name, f in functions.items()}
    # As attributes of what is saved, all functions would be traced once more.
    root = tf.Module()
    root.variables_of_the_model = [v.value for v in model.variables]
    root.tables = _tables(preprocessor)  # made by now, when the functions were traced
    tf.saved_model.save(root, str(folder), signatures=concrete)
    return _name_methods(folder / "saved_model.pb", functions)


def _tables(preprocessor: Any) -> list[Any]:
    """Return the lookup tables among an object's attributes."""
    kind = tf.saved_model.experimental.TrackableResource
    held = getattr(preprocessor, "__dict__", {}).values()
    return [value for value in held if isinstance(value, kind)]


def write_labels(folder: Path, labels: Sequence[str]) -> None:
    """Write the labels, one a line, where TensorFlow Serving tools look."""
    path = folder / LABELS
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}\n" for name in labels), encoding="utf-8")


def _name_methods(path: Path, names: Iterable[str]) -> dict[str, Any]:
    """Set the method names in saved_model.pb; return the signatures' description."""
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    definitions = saved_model.meta_graphs[0].signature_def
    for name, method in METHOD_NAMES.items():
        if name in names:
            definitions[name].method_name = method
    path.write_bytes(saved_model.SerializeToString(deterministic=True))
    return {name: _describe(definitions[name]) for name in names}


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

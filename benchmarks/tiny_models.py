"""SavedModels of some kilobytes, one for each kind of input that a server takes."""

from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

KINDS = (
    "float",
    "double",
    "int32",
    "int8",
    "uint8",
    "int64",
    "uint64",
    "bool",
    "string",
)


def write_models(folder: Path) -> None:
    """Write the models `affine`, `kinds`, `pair`, `image` and `examples`."""
    rows = tf.TensorSpec((None, 2), tf.float32, "x")
    _save(folder / "affine" / "1", {"serving_default": (_affine, [rows])})
    dtypes = {kind: tf.as_dtype(kind) for kind in KINDS}
    same = {
        kind: (lambda x: {"y": tf.identity(x)}, [tf.TensorSpec((None,), dtype, "x")])
        for kind, dtype in dtypes.items()
    }
    _save(folder / "kinds" / "1", same)
    floats = tf.TensorSpec((None,), tf.float32, "a")
    strings = tf.TensorSpec((None,), tf.string, "b")
    _save(folder / "pair" / "1", {"serving_default": (_pair, [floats, strings])})
    files = tf.TensorSpec((None,), tf.string, "image_bytes")
    _save(folder / "image" / "1", {"serving_default": (_mean, [files])})
    serialized = tf.TensorSpec((None,), tf.string, "inputs")
    path = folder / "examples" / "1"
    _save(path, {"serving_default": (_classify, [serialized])})
    saved = saved_model_pb2.SavedModel.FromString(
        (path / "saved_model.pb").read_bytes()
    )
    signature = saved.meta_graphs[0].signature_def["serving_default"]
    signature.method_name = "tensorflow/serving/classify"
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())


def _save(path: Path, signatures: dict[str, Any]) -> None:
    module = tf.Module()
    module.weight = tf.Variable(1.0)  # so that there is something to restore
    traced = {n: tf.function(f, input_signature=s) for n, (f, s) in signatures.items()}
    module.functions = list(traced.values())
    tf.saved_model.save(module, str(path), signatures=traced)


def _affine(x: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"y": 2 * x + 1}


def _pair(a: tf.Tensor, b: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"twice": 2 * a, "raw_bytes": b, "text": b}


def _mean(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
    def one(data: tf.Tensor) -> tf.Tensor:
        pixels = tf.io.decode_image(data, channels=3, expand_animations=False)
        return tf.reduce_mean(tf.cast(pixels, tf.float32))

    spec = tf.TensorSpec((), tf.float32)
    return {"mean": tf.map_fn(one, image_bytes, fn_output_signature=spec)}


def _classify(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
    features = {"x": tf.io.FixedLenFeature([], tf.float32)}
    x = tf.io.parse_example(inputs, features)["x"]
    return {"scores": tf.stack([1 - x, x], axis=-1)}

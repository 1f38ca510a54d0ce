"""Requests that TensorFlow Serving replays before a new version goes live.

Reference:
    https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tfapp.export import WARMUP
from tfapp.export.signatures import DEFAULT, batches, stack
from tfapp.export.spec import Arrays, Signature

MAX_RECORDS = 1000
"""TensorFlow Serving refuses a file with more."""
METHOD_NAMES = {"classify": "tensorflow/serving/classify"}
"""TensorFlow Serving looks for its Classify API by this name, not by the alias."""


def warmup_inputs(
    signatures: Mapping[str, Signature],
    rows: Sequence[Mapping[str, Any]],
    batch_sizes: Sequence[int],
) -> list[tuple[str, Arrays]]:
    """Return what to send to each signature that answers Predict requests.

    Args:
        signatures: by name.
        rows: raw inputs, as "serving_default" takes them, at least one; repeated
            where a batch needs more.
        batch_sizes: of the requests to "serving_default"; the others get one row.
    """
    specs = signatures[DEFAULT].inputs
    first = next(batches(rows, specs))
    inputs: list[tuple[str, Arrays]] = [
        (DEFAULT, {n: np.resize(a, (size, *a.shape[1:])) for n, a in first.items()})
        for size in batch_sizes
    ]
    row = stack(rows[:1], specs)
    others = [name for name in signatures if name not in (DEFAULT, *METHOD_NAMES)]
    return inputs + [(name, dict(signatures[name].sample(row))) for name in others]


def write_warmup(
    folder: Path, model_name: str, inputs: Iterable[tuple[str, Arrays]]
) -> None:
    """Write the warm-up file of a SavedModel.

    Args:
        folder: of the SavedModel.
        model_name: name under which the model will be served.
        inputs: signature and its inputs, for each request.
    """
    path = folder / WARMUP
    path.parent.mkdir(exist_ok=True)
    requests = [make_request(model_name, name, arrays) for name, arrays in inputs]
    write_records(path, [_as_log(request).SerializeToString() for request in requests])


def make_request(
    model_name: str, signature_name: str, inputs: Arrays
) -> predict_pb2.PredictRequest:
    """Return a request of the published PredictionService."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature_name
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def replay(ask: Callable[[str, Arrays], Any], folder: Path) -> int:
    """Send the requests of the warm-up file to a loaded SavedModel.

    Args:
        ask: sends the inputs of one request to a signature of it.
        folder: of the SavedModel.

    Returns:
        Number of requests answered.

    Raises:
        ValueError: if there are more requests than TensorFlow Serving takes.
    """
    requests = list(read_warmup(folder))
    if len(requests) > MAX_RECORDS:
        raise ValueError(
            f"The warm-up file holds {len(requests)} requests. "
            f"Expected at most {MAX_RECORDS}."
        )
    for request in requests:
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        ask(request.model_spec.signature_name, inputs)
    return len(requests)


def read_warmup(folder: Path) -> Iterator[predict_pb2.PredictRequest]:
    """Yield the requests of the warm-up file of a SavedModel."""
    for record in read_records(folder / WARMUP):
        log = prediction_log_pb2.PredictionLog.FromString(record)
        yield log.predict_log.request


def write_records(path: Path, records: Iterable[bytes]) -> None:
    """Write a TFRecord file."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)


def read_records(path: Path) -> list[bytes]:
    """Return the records of a TFRecord file."""
    return list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())


def _as_log(request: predict_pb2.PredictRequest) -> prediction_log_pb2.PredictionLog:
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(request)
    return log

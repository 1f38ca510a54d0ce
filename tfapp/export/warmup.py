"""Requests that TensorFlow Serving replays before a new version goes live.

Reference:
    https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tfapp.export import WARMUP

MAX_RECORDS = 1000
"""TensorFlow Serving refuses a file with more."""


def write_warmup(
    folder: Path,
    model_name: str,
    encoded: Sequence[bytes],
    images: np.ndarray,
    signatures: Container[str],
    sizes: Sequence[int] = (1, 8),
) -> int:
    """Write the warm-up file of a SavedModel.

    Args:
        folder: of the SavedModel.
        model_name: name under which the model will be served.
        encoded: at least one encoded image, repeated where a batch needs more.
        images: uint8 (batch, height, width, channels); the first one is sent alone.
        signatures: names of those of the SavedModel.
        sizes: of the batches of encoded images.

    Returns:
        Number of requests written.
    """
    requests = [
        make_request(
            model_name, "serving_default", {"image_bytes": _cycled(encoded, size)}
        )
        for size in sizes
    ]
    requests.append(make_request(model_name, "serve_images", {"images": images[:1]}))
    if "explain" in signatures:
        inputs = {"image_bytes": list(encoded[:1])}
        requests.append(make_request(model_name, "explain", inputs))
    path = folder / WARMUP
    path.parent.mkdir(exist_ok=True)
    write_records(path, [_as_log(request).SerializeToString() for request in requests])
    return len(requests)


def make_request(
    model_name: str, signature_name: str, inputs: Mapping[str, Any]
) -> predict_pb2.PredictRequest:
    """Return a request of the published PredictionService."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature_name
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def replay(loaded: Any, folder: Path) -> int:
    """Send the requests of the warm-up file to a loaded SavedModel.

    Args:
        loaded: what tf.saved_model.load returned.
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
        function = loaded.signatures[request.model_spec.signature_name]
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        function(**{k: tf.constant(v) for k, v in inputs.items()})
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


def _cycled(encoded: Sequence[bytes], size: int) -> list[bytes]:
    return [encoded[i % len(encoded)] for i in range(size)]


def _as_log(request: predict_pb2.PredictRequest) -> prediction_log_pb2.PredictionLog:
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(request)
    return log

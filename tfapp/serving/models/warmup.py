"""Replaying the requests that a SavedModel brings, before it goes live.

Reference:
    https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tfapp.serving.models.loader import WARMUP, SavedModel
from tfapp.serving.models.messages import sentence
from tfapp.serving.signature import DEFAULT, Arrays
from tfapp.serving.status import RequestError, Status

MAX_RECORDS = 1000
"""TensorFlow Serving refuses a file with more."""


def warm_up(model: SavedModel) -> int:
    """Send a model its own warm-up requests, if it has some.

    Returns:
        Number of requests answered.

    Raises:
        RequestError: if the file is damaged, too long, or a request fails; a model
            that cannot answer its own examples should not go live.
    """
    path = model.path / WARMUP
    if not path.is_file():
        return 0
    try:
        data = tf.data.TFRecordDataset(str(path)).take(MAX_RECORDS + 1)
        records = list(data.as_numpy_iterator())
        logs = [prediction_log_pb2.PredictionLog.FromString(r) for r in records]
    except (tf.errors.OpError, ValueError) as error:
        reason = sentence(str(error))
        raise _failed(f"{WARMUP} is damaged: {reason}") from None
    if len(logs) > MAX_RECORDS:
        raise _failed(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}).")
    answered = 0
    for log in logs:
        for signature, inputs in _calls(model, log):
            model.signature(signature)
            model.run(signature, inputs)
            answered += 1
    return answered


def _calls(model: SavedModel, log: Any) -> Iterator[tuple[str, Arrays]]:
    """Yield the calls of one record: the signature's name and its inputs."""
    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        request = log.predict_log.request
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        yield request.model_spec.signature_name or DEFAULT, inputs
    elif kind in ("classify_log", "regress_log"):
        request = getattr(log, kind).request
        yield from _examples(model, request.model_spec, request.input)
    elif kind == "multi_inference_log":
        request = log.multi_inference_log.request
        for task in request.tasks:
            yield from _examples(model, task.model_spec, request.input)


def _examples(
    model: SavedModel, spec: Any, inputs: Any
) -> Iterator[tuple[str, Arrays]]:
    name = spec.signature_name or DEFAULT
    examples = inputs.example_list.examples or (
        inputs.example_list_with_context.examples
    )
    serialized = [example.SerializeToString() for example in examples]
    for alias in model.signature(name).inputs:
        yield name, {alias: np.array(serialized, dtype=object)}


def _failed(message: str) -> RequestError:
    return RequestError(Status.FAILED_PRECONDITION, message)

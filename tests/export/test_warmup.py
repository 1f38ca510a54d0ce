"""The warm-up file, read with the published protocol messages."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tfapp.export import WARMUP
from tfapp.export.signatures import call
from tfapp.export.warmup import MAX_RECORDS, read_records, replay, write_records


@pytest.fixture(scope="module")
def requests(exported):
    """Parse every record as TensorFlow Serving does."""
    records = read_records(exported.path / WARMUP)
    logs = [prediction_log_pb2.PredictionLog.FromString(record) for record in records]
    assert all(log.WhichOneof("log_type") == "predict_log" for log in logs)
    return [log.predict_log.request for log in logs]


def test_requests_name_the_model_and_a_signature(requests):
    """TensorFlow Serving checks both before it replays."""
    assert {request.model_spec.name for request in requests} == {"tiny"}
    names = [request.model_spec.signature_name for request in requests]
    assert names == ["serving_default", "serving_default", "serve_images", "explain"]


def test_batches_of_one_and_eight_are_warmed_up(tiny, requests):
    """Five images fill a batch of eight by starting over."""
    sizes = [tf.make_ndarray(next(iter(r.inputs.values()))).shape[0] for r in requests]
    assert sizes == [1, 8, 1, 1]
    batch = tf.make_ndarray(requests[1].inputs["image_bytes"])
    assert batch[0] == batch[5] == tiny.encode(tiny.pictures()[0])


def test_arrays_are_sent_as_uint8(requests):
    """The second signature takes raw pixels."""
    assert tf.make_ndarray(requests[2].inputs["images"]).dtype == np.uint8


def test_replaying_answers_every_request(exported, loaded):
    """The requests fit the signatures they name."""

    def ask(name, inputs):
        assert call(loaded.signatures[name], inputs)

    assert replay(ask, exported.path) == 4


def test_more_records_than_serving_takes_are_refused(exported, tmp_path):
    """TensorFlow Serving would refuse the whole version."""
    record = read_records(exported.path / WARMUP)[0]
    (tmp_path / WARMUP).parent.mkdir()
    write_records(tmp_path / WARMUP, [record] * (MAX_RECORDS + 1))
    with pytest.raises(ValueError, match="holds 1001 requests. Expected at most 1000"):
        replay(print, tmp_path)

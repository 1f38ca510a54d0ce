"""A model that is neither of images nor of one input, exported like any other."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.export import toys
from tfapp.export import WARMUP
from tfapp.export.exporter import export_model
from tfapp.export.predictor import saved_model_predictor
from tfapp.export.warmup import read_records
from tfapp.serving.models.loader import SavedModel


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Export it, verified for real in a fresh process."""
    place = tmp_path_factory.mktemp("saved_models") / "toy" / "1"
    exported = toys.make_exported()
    return export_model(exported, toys.INTERFACE, place, examples=toys.ROWS)


def test_the_card_describes_every_tensor(result):
    """Names, dtypes and shapes of strings, floats of any length and whole numbers."""
    card = json.loads((result.path / "tfapp.json").read_text())
    assert card["signatures"]["serving_default"] == {
        "method": "tensorflow/serving/predict",
        "inputs": {
            "sound": {"dtype": "float32", "shape": [-1, -1]},
            "text": {"dtype": "string", "shape": [-1]},
        },
        "outputs": {
            "best": {"dtype": "int64", "shape": [-1]},
            "name": {"dtype": "string", "shape": [-1]},
            "scores": {"dtype": "float32", "shape": [-1, 2]},
        },
    }
    assert card["interface"]["media_type"] == "application/json"
    assert card["parity"]["num_examples"] == 4
    assert set(card["parity"]["by_signature"]) == {"serving_default", "count"}
    assert card["parity"]["max_difference"] < 1e-6
    assert card["parity"]["exact_share"] > 0.5


def test_the_warm_up_fills_batches_by_starting_over(result):
    """Batches of rows of one length for the default, one row for the others."""
    logs = map(
        prediction_log_pb2.PredictionLog.FromString, read_records(result.path / WARMUP)
    )
    requests = [log.predict_log.request for log in logs]
    names = [request.model_spec.signature_name for request in requests]
    assert names == ["serving_default", "serving_default", "count"]
    batch = {k: tf.make_ndarray(v) for k, v in requests[1].inputs.items()}
    assert batch["text"].tolist() == [b"abc", "ä".encode(), b"abc"]
    np.testing.assert_array_equal(batch["sound"][2], [0.5, 1.5, 1.0])
    assert tf.make_ndarray(requests[2].inputs["words"]).tolist() == [[0, 1, 1]]


def test_it_is_predicted_and_served(result):
    """The predictor and the server give the network's own answers."""
    answers = saved_model_predictor(result.path, toys.INTERFACE).answers(toys.ROWS)
    predictions = [toys.INTERFACE.prediction(answer) for answer in answers]
    for row, prediction in zip(toys.ROWS, predictions, strict=True):
        inputs = toys.TwoInputs()(
            {"text": tf.constant([row["text"]]), "sound": tf.constant([row["sound"]])}
        )
        scores = 2.0 * toys.make_model().predict_on_batch(inputs)[0]
        assert prediction.columns["best"] == scores.argmax()
        assert prediction.text == toys.NAMES[scores.argmax()]
        np.testing.assert_allclose(
            list(prediction.columns["scores"].values()), scores, atol=1e-6
        )
    served = SavedModel(result.path)
    inputs = {
        "text": np.array([b"abc"], object),
        "sound": np.array([[0.5, 1.5, 1.0]], np.float32),
    }
    outputs = served.run("serving_default", inputs)
    np.testing.assert_allclose(outputs["scores"][0], answers[0]["scores"], atol=1e-6)
    served.close()

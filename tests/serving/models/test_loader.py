"""SavedModels with signatures that cannot be called, and what their errors tell."""

import json

import grpc
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.serving.conftest import pair, running
from tfapp.base.storage.checksums import seal_tree
from tfapp.serving.models.messages import sentence

KINDS = ("sparse", "composite", "variant", "resource", "float_ref", "qint8", "type 77")


@pytest.fixture(scope="module")
def unusual(tmp_path_factory):
    """A client of a model with signatures of what protocols do not carry."""
    folder = tmp_path_factory.mktemp("unusual")
    path = pair(folder / "pair" / "1") / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    signatures = saved.meta_graphs[0].signature_def
    for kind in KINDS:
        for part in ("inputs", "outputs"):
            signature = signatures[f"{kind} {part}"]
            signature.CopyFrom(signatures["sums"])
            info = next(iter(getattr(signature, part).values()))
            if kind == "sparse":
                info.coo_sparse.values_tensor_name = info.name
            elif kind == "composite":
                info.composite_tensor.components.add(name=info.name)
            elif kind == "type 77":
                info.dtype = 77
            else:
                info.dtype = types_pb2.DataType.Value(f"DT_{kind.upper()}")
    path.write_bytes(saved.SerializeToString())
    with running(folder, log="off") as client:
        yield client


@pytest.mark.parametrize("part", ["inputs", "outputs"])
@pytest.mark.parametrize("kind", KINDS)
def test_signatures_that_no_protocol_carries(unusual, kind, part):
    """400 and INVALID_ARGUMENT, whatever is sent; they say why."""
    name, values = f"{kind} {part}", {"a": [1.0], "b": [1.0]}
    expected = f"is a {kind} tensor. Expected arrays"
    status, reply = unusual.predict("pair", {"signature_name": name, "inputs": values})
    assert (status, expected in reply["error"]) == (400, True), reply
    document = {"parameters": {"signature_name": name}, "inputs": []}
    assert unusual.post("/v2/models/pair/infer", document)[0] == 400
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "pair", name
    for alias, value in values.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    with grpc.insecure_channel(unusual.grpc_address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert expected in caught.value.details()


def test_the_other_signatures_serve(unusual):
    """One that cannot be called stands in nobody's way, nor in that of the lists."""
    values = {"signature_name": "sums", "inputs": {"a": [1.0], "b": [2.0]}}
    assert unusual.predict("pair", values) == (200, {"outputs": 3.0})
    for path in ("/v1/models/pair/metadata", "/v2/models/pair", "/models"):
        assert unusual.get(path)[0] == 200


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("no file: /srv/models/m/1/{a.pbtxt|a.pb}", "no file: {a.pbtxt|a.pb}"),
        ("cannot read '/srv/my models/m/1/a.pb'", "cannot read 'a.pb'"),
        ("cannot read b'/srv/m/1/a.pb': why", "cannot read b'a.pb': why"),
        (r"not C:\Users\me\m\1\a.pb", "not a.pb"),
        ("see https://a.example/b/c or model/dense/MatMul", None),
        ("Malformed request: GET /v1", None),
        ("Expected 1/2 of 3 / 4", None),
    ],
)
def test_absolute_paths_stay_here(message, expected):
    """Of a path the last name is left; what is none stays as it is."""
    assert sentence(message) == (expected or message)


def test_the_error_of_a_version_names_no_folder(tmp_path):
    """In the status that any client may read."""
    (tmp_path / "m" / "1" / "variables").mkdir(parents=True)
    for content in (b"", b"no protocol buffer"):
        (tmp_path / "m" / "1" / "saved_model.pb").write_bytes(content)
        with running(tmp_path, log="off") as client:
            for path in ("/v1/models/m", "/models"):
                status, _, body = client.raw("GET", path)
                assert (status, b'"END"' in body) == (200, True)
                assert b"/" not in body.replace(b"m/1", b"")


def test_a_damaged_weight_is_refused_and_the_version_before_it_serves(tmp_path):
    """One flipped bit in the variables of a sealed export: never another answer."""
    for version in ("1", "2"):
        seal_tree(pair(tmp_path / "pair" / version))
    weights = max(tmp_path.glob("pair/2/variables/*.data*"))
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with running(tmp_path, log="off") as client:
        status = json.loads(client.raw("GET", "/v1/models/pair")[2])
    states = {v["version"]: v for v in status["model_version_status"]}
    assert states["1"]["state"] == "AVAILABLE"
    assert "is damaged" in states["2"]["status"]["error_message"]

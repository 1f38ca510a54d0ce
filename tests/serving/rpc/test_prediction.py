"""gRPC through the published stubs."""

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

OK = 0


@pytest.fixture(scope="module")
def channel(client):
    """An open channel to the server."""
    with grpc.insecure_channel(client.grpc_address) as found:
        yield found


@pytest.fixture(scope="module")
def stub(channel):
    """The client of the PredictionService."""
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(name, inputs, signature="", version=None, label=""):
    """Return a PredictRequest."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label:
        request.model_spec.version_label = label
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def refused(call, request, **options):
    """Return code and details of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request, **options)
    return caught.value.code(), caught.value.details()


def floats(*values):
    """Return a float32 array."""
    return np.array(values, np.float32)


def test_predict(stub):
    """Values come in the typed field, where clients look for them."""
    reply = stub.Predict(predict_request("half_plus_two", {"x": floats(1, 2)}))
    assert list(reply.outputs["y"].float_val) == [2.5, 3.0]
    assert reply.model_spec.name == "half_plus_two"
    assert reply.model_spec.version.value == 123
    assert reply.model_spec.signature_name == "serving_default"


def test_version_and_label(stub):
    """Both choose; the reply tells the number."""
    for chosen in ({"version": 1}, {"label": "stable"}):
        request = predict_request("half_plus_three", {"x": floats(0)}, **chosen)
        reply = stub.Predict(request)
        assert list(reply.outputs["y"].float_val) == [2.0]
        assert reply.model_spec.version.value == 1


@pytest.mark.parametrize(
    "kind",
    ["float", "double", "int32", "int16", "int8", "uint8", "int64", "uint32", "uint64"]
    + ["bool", "string", "half"],
)
def test_every_dtype(stub, kind):
    """Tensors go in and come out alike, as raw bytes or as values."""
    dtype = {"string": tf.string, "half": tf.half}.get(kind) or tf.as_dtype(kind)
    value = tf.constant(["a", "b"]) if kind == "string" else tf.cast([0, 1], dtype)
    request = predict_request("kinds", {"x": value.numpy()}, kind)
    found = tf.make_ndarray(stub.Predict(request).outputs["y"])
    assert found.tolist() == value.numpy().tolist()


def test_output_filter(stub):
    """Only what is asked for; unknown and doubled names are refused."""
    inputs = {"a": floats(1), "b": np.array([b"x"], object)}
    request = predict_request("pair", inputs)
    request.output_filter.append("twice")
    assert set(stub.Predict(request).outputs) == {"twice"}
    request.output_filter.append("twice")
    assert refused(stub.Predict, request)[0] is grpc.StatusCode.INVALID_ARGUMENT
    request.output_filter[:] = ["nothing"]
    code, details = refused(stub.Predict, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "nothing" in details


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            predict_request("affine", {}),
            grpc.StatusCode.INVALID_ARGUMENT,
            "input size does not match signature: 0!=1",
        ),
        (
            predict_request("affine", {"x": np.zeros((1, 2))}),
            grpc.StatusCode.INVALID_ARGUMENT,
            "must be float. Received: double",
        ),
        (
            predict_request("affine", {"x": floats(1, 2)}, "foo"),
            grpc.StatusCode.FAILED_PRECONDITION,
            'Serving signature key "foo" not found.',
        ),
        (
            predict_request("foo", {}),
            grpc.StatusCode.NOT_FOUND,
            "Servable not found for request: Latest(foo)",
        ),
        (
            predict_request("half_plus_three", {}, label="foo"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Unrecognized servable version label: foo",
        ),
        (
            predict_request("", {}),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Missing ModelSpec",
        ),
    ],
)
def test_wrong_requests(stub, request_, code, message):
    """Each has its code and the known words."""
    found, details = refused(stub.Predict, request_)
    assert found is code
    assert message in details


def test_a_shape_that_its_values_do_not_fill(stub):
    """One value may not be blown up to gigabytes, nor a shape be negative."""
    request = predict_request("affine", {"x": floats(1)})
    for sizes in ([2**40, 2], [-1], [3, 5]):
        shape = request.inputs["x"].tensor_shape
        del shape.dim[:]
        for size in sizes:
            shape.dim.add(size=size)
        code, _ = refused(stub.Predict, request)
        assert code is grpc.StatusCode.INVALID_ARGUMENT


def plain(number, **values):
    """Return a TensorProto of one value, of a DataType by its number."""
    tensor = tensor_pb2.TensorProto(dtype=number)
    tensor.tensor_shape.dim.add(size=1)
    for field, value in values.items():
        target = getattr(tensor, field)
        target.add() if value is None else target.append(value)
    return tensor


TENSORS = {
    "resource": plain(types_pb2.DT_RESOURCE, resource_handle_val=None),
    "variant": plain(types_pb2.DT_VARIANT, variant_val=None),
    "bytes of a resource": tensor_pb2.TensorProto(dtype=20, tensor_content=b"12345678"),
    "reference": plain(types_pb2.DT_FLOAT_REF, float_val=1.0),
    "reference of strings": plain(types_pb2.DT_STRING_REF, string_val=b"a"),
    "quantized": plain(types_pb2.DT_QINT8, int_val=1),
    "complex": plain(types_pb2.DT_COMPLEX64, scomplex_val=1.0),
    "no type": plain(0, float_val=1.0),
    "unknown type": plain(9999, float_val=1.0),
    "another type": plain(types_pb2.DT_DOUBLE, double_val=1.0),
}


@pytest.mark.parametrize("signature", ["float", "string", "uint8"])
@pytest.mark.parametrize("kind", TENSORS)
def test_dtypes_that_no_signature_takes(stub, kind, signature):
    """Handles, references, parts of complex numbers, numbers that are no dtype."""
    request = predict_request("kinds", {}, signature)
    request.inputs["x"].CopyFrom(TENSORS[kind])
    code, details = refused(stub.Predict, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert f"Input 'x' must be {signature}. Received: " in details


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("uint8", 300),
        ("uint8", -1),
        ("int8", 128),
        ("int16", 40_000),
        ("int16", -40_000),
    ],
)
def test_values_that_overflow_their_dtype(stub, kind, number):
    """`int_val` holds 32 bits; what the dtype does not hold is refused."""
    request = predict_request("kinds", {}, kind)
    enum = tf.as_dtype(kind).as_datatype_enum
    request.inputs["x"].CopyFrom(plain(enum, int_val=number))
    code, details = refused(stub.Predict, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "Input 'x' is no tensor" in details


def test_strings_without_values_are_empty(stub):
    """A shape alone stands for that many empty strings; examples are read from them."""
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING)
    tensor.tensor_shape.dim.add(size=2)
    request = predict_request("kinds", {}, "string")
    request.inputs["x"].CopyFrom(tensor)
    assert list(stub.Predict(request).outputs["y"].string_val) == [b"", b""]
    request = predict_request("examples", {})
    request.inputs["inputs"].CopyFrom(tensor)
    assert refused(stub.Predict, request)[0] is grpc.StatusCode.INVALID_ARGUMENT
    tensor.tensor_content = b"12345678"
    request.inputs["inputs"].CopyFrom(tensor)
    assert refused(stub.Predict, request)[0] is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "method",
    [
        "tensorflow.serving.PredictionService/Predict",
        "tensorflow.serving.PredictionService/Classify",
        "tensorflow.serving.ModelService/GetModelStatus",
        "grpc.health.v1.Health/Check",
    ],
)
def test_bytes_that_are_no_message(channel, method):
    """INVALID_ARGUMENT, where gRPC itself says UNKNOWN."""
    call = channel.unary_unary(f"/{method}")
    for data in (b"\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"):
        code, details = refused(call, data)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "no message of this method" in details


def test_a_bug_is_an_internal_error(client, stub, monkeypatch):
    """The client learns nothing of the inside."""

    def fail(*_):
        raise KeyError("inside")

    monkeypatch.setattr(client.server.engine, "hold", fail)
    code, details = refused(stub.Predict, predict_request("affine", {}))
    assert (code, details) == (grpc.StatusCode.INTERNAL, "The server has a fault.")


def test_long_messages_are_cut(stub):
    """At 1,024 characters, with a mark."""
    _, details = refused(stub.Predict, predict_request("a" * 5000, {}))
    assert len(details) < 1100
    assert details.endswith("...TRUNCATED")


def test_deadline(stub):
    """A client's deadline ends the call."""
    request = predict_request("slow", {"rounds": np.array([100_000])})
    code, _ = refused(stub.Predict, request, timeout=0.05)
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED


def fill_examples(request, *values):
    """Write examples with a feature x into a request."""
    for value in values:
        example = request.input.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(value)
    return request


def test_classify(stub):
    """Labels and scores of each example."""
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "examples"
    reply = stub.Classify(fill_examples(request, 0.25, 1.0))
    rows = reply.result.classifications
    found = [[(c.label, c.score) for c in row.classes] for row in rows]
    assert found == [[("low", 0.75), ("high", 0.25)], [("low", 0.0), ("high", 1.0)]]


def test_regress(stub):
    """A value for each example; no example is an error."""
    request = regression_pb2.RegressionRequest()
    request.model_spec.name = "examples"
    request.model_spec.signature_name = "regress"
    code, _ = refused(stub.Regress, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    reply = stub.Regress(fill_examples(request, 0.5))
    assert [r.value for r in reply.result.regressions] == [1.5]


def test_multi_inference(stub):
    """The same examples to two signatures."""
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in (("", "classify"), ("regress", "regress")):
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name = "examples"
        task.model_spec.signature_name = signature
    first, second = stub.MultiInference(fill_examples(request, 0.25)).results
    assert first.classification_result.classifications[0].classes[0].score == 0.75
    assert second.regression_result.regressions[0].value == 0.75
    request.tasks.add().CopyFrom(request.tasks[0])
    code, _ = refused(stub.MultiInference, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT


def test_metadata(stub):
    """A map of signatures, packed."""
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = "affine"
    code, _ = refused(stub.GetModelMetadata, request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    request.metadata_field.append("signature_def")
    reply = stub.GetModelMetadata(request)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert reply.metadata["signature_def"].Unpack(found)
    assert set(found.signature_def["serving_default"].inputs) == {"x"}
    assert reply.model_spec.version.value == 1


def test_status(channel):
    """States as numbers of the contract."""
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "half_plus_three"
    found = stub.GetModelStatus(request).model_version_status
    assert [(s.version, s.state) for s in found] == [(2, 30), (1, 30)]
    assert {s.status.error_code for s in found} == {OK}
    request.model_spec.name = "foo"
    assert refused(stub.GetModelStatus, request)[0] is grpc.StatusCode.NOT_FOUND


def test_health(channel):
    """Serving; an unknown service is not found."""
    stub = health_pb2_grpc.HealthStub(channel)
    reply = stub.Check(health_pb2.HealthCheckRequest())
    assert reply.status == health_pb2.HealthCheckResponse.SERVING
    request = health_pb2.HealthCheckRequest(service="foo")
    assert refused(stub.Check, request)[0] is grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()

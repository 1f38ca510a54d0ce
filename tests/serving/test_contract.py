"""TensorFlow Serving's REST contract, case by case."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image


def png(value=10, size=(4, 3)):
    """Return a PNG file of one colour, (width, height)."""
    file = io.BytesIO()
    Image.new("RGB", size, (value, value, value)).save(file, "png")
    return file.getvalue()


def b64(data):
    """Return bytes as JSON clients send them."""
    return {"b64": base64.b64encode(data).decode()}


# --- golden cases -----------------------------------------------------------------


def test_row_format(client):
    """Golden case 1."""
    found = client.predict("half_plus_two", {"instances": [1.0, 2.0]})
    assert found == (200, {"predictions": [2.5, 3.0]})


def test_columnar_format(client):
    """Golden case 2."""
    found = client.predict("half_plus_two", {"inputs": [3.0, 4.0]})
    assert found == (200, {"outputs": [3.5, 4.0]})


def test_row_format_of_rank_two(client):
    """Golden case 3."""
    found = client.predict("half_plus_two", {"instances": [[1.0, 2.0], [3.0, 4.0]]})
    assert found == (200, {"predictions": [[2.5, 3.0], [3.5, 4.0]]})


# --- inputs and outputs -----------------------------------------------------------


def test_several_inputs_in_rows(client):
    """Each row is an object; the answer has an object for each row."""
    rows = [{"a": 1.0, "b": "x"}, {"a": 2, "b": b64(b"y")}]
    status, reply = client.predict("pair", {"instances": rows})
    assert status == 200
    assert reply["predictions"] == [
        {"pair": [1.0, 1.0], "raw_bytes": b64(b"x"), "text": "x", "twice": 2.0},
        {"pair": [2.0, 2.0], "raw_bytes": b64(b"y"), "text": "y", "twice": 4.0},
    ]


def test_several_inputs_in_columns(client):
    """Each input is a tensor; inputs that the signature lacks are ignored."""
    value = {"inputs": {"a": [1.5], "b": [b64(b"z")], "unknown": "ignored"}}
    status, reply = client.predict("pair", value)
    assert status == 200
    assert reply["outputs"]["twice"] == [3.0]
    assert reply["outputs"]["text"] == ["z"]


def test_columns_may_differ_in_their_first_dimension(client):
    """No common batch dimension is asked for."""
    value = {"signature_name": "sums", "inputs": {"a": [1, 2, 3], "b": [4]}}
    assert client.predict("pair", value) == (200, {"outputs": 10.0})


def test_encoded_image(client):
    """Bytes travel as base64, and as a named value."""
    for instance in (b64(png(10)), {"image_bytes": b64(png(10))}):
        status, reply = client.predict("image", {"instances": [instance]})
        assert (status, reply["predictions"]) == (200, [{"height": 3, "mean": 10.0}])


def test_output_named_bytes_is_base64(client):
    """`…_bytes` is base64, whatever else is text."""
    value = {"inputs": {"a": [1.0], "b": [b64(b"\xff\x00")]}}
    _, reply = client.predict("pair", value)
    assert reply["outputs"]["raw_bytes"] == [b64(b"\xff\x00")]


def test_single_input_bare_and_named(client):
    """With one input both forms are right, also in columns."""
    for value in ({"instances": [[1, 2]]}, {"instances": [{"x": [1, 2]}]}):
        assert client.predict("affine", value) == (200, {"predictions": [[3.0, 5.0]]})
    for value in ({"inputs": [[1, 2]]}, {"inputs": {"x": [[1, 2]]}}):
        assert client.predict("affine", value) == (200, {"outputs": [[3.0, 5.0]]})


def test_nan_and_infinity_travel_both_ways(client):
    """They are bare tokens."""
    body = '{"instances": [NaN, Infinity, -Infinity]}'
    _, _, reply = client.raw("POST", "/v1/models/half_plus_two:predict", body)
    assert reply.replace(b" ", b"") == b'{"predictions":[NaN,Infinity,-Infinity]}'


def test_text_behind_the_object_is_ignored(client):
    """As rapidjson's kParseStopWhenDone does."""
    assert client.predict("half_plus_two", '{"instances": [2]} trailing')[0] == 200


def test_other_keys_are_ignored(client):
    """Clients add keys of their own."""
    assert client.predict("half_plus_two", {"instances": [2], "user": 7})[0] == 200


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("float", "[0.1, 3, 1e-05]", "[0.1, 3.0, 1e-05]"),
        ("double", "[0.1, 3, 1e300]", "[0.1, 3.0, 1e+300]"),
        ("int32", "[-3, 2147483647]", "[-3, 2147483647]"),
        ("int16", "[-3, 32767]", "[-3, 32767]"),
        ("int8", "[-128, 127]", "[-128, 127]"),
        ("uint8", "[0, 255]", "[0, 255]"),
        ("int64", "[-9223372036854775808]", "[-9223372036854775808]"),
        ("uint32", "[4294967295]", "[4294967295]"),
        ("uint64", "[18446744073709551615]", "[18446744073709551615]"),
        ("bool", "[true, false]", "[true, false]"),
        ("string", '["a", {"b64": "Yg=="}]', '["a", "b"]'),
    ],
)
def test_every_dtype_goes_in_and_comes_out(client, kind, given, expected):
    """What JSON holds of each dtype is returned to the letter."""
    body = f'{{"signature_name": "{kind}", "instances": {given}}}'
    status, _, reply = client.raw("POST", "/v1/models/kinds:predict", body)
    assert (status, reply.decode()) == (200, f'{{"predictions": {expected}}}')


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("float", "true"),
        ("float", '"1"'),
        ("double", "null"),
        ("int32", "1.0"),
        ("int32", "2147483648"),
        ("int16", "1.5"),
        ("int8", "true"),
        ("uint8", '"a"'),
        ("int64", "9223372036854775808"),
        ("uint32", "-1"),
        ("uint64", "1e3"),
        ("bool", "1"),
        ("string", "1"),
    ],
)
def test_every_dtype_refuses_what_it_is_not(client, kind, given):
    """A value of another kind is a 400 that names the kind."""
    body = f'{{"signature_name": "{kind}", "instances": [{given}]}}'
    status, reply = client.predict("kinds", body)
    assert status == 400
    assert f"is not of expected type: {kind}" in reply["error"]


def test_dtypes_that_json_lacks_are_not_implemented(client):
    """Half precision is a 501."""
    value = {"signature_name": "half", "instances": [1.0]}
    status, reply = client.predict("kinds", value)
    assert status == 501
    assert "Conversion of JSON Value: 1.0 to type: half" in reply["error"]


def test_a_float_that_would_become_infinite_is_refused(client):
    """1e39 is no float32, but a double."""
    value = {"signature_name": "float", "instances": [1e39]}
    status, reply = client.predict("kinds", value)
    assert status == 400
    assert "without loss of precision" in reply["error"]
    assert client.predict("kinds", value | {"signature_name": "double"})[0] == 200


# --- errors -----------------------------------------------------------------------

AFFINE, PAIR, IMAGE = "affine", "pair", "image"


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (AFFINE, "", "JSON Parse error: The document is empty"),
        ("nobody", "", "JSON Parse error: The document is empty"),
        (AFFINE, "{", "JSON Parse error: "),
        (AFFINE, "this", "JSON Parse error: Invalid value"),
        (AFFINE, b"\xff\xfe\xfd", "JSON Parse error: Invalid encoding"),
        (AFFINE, "[" * 100_000, "JSON Parse error: "),
        (AFFINE, '{"instances": [' + "9" * 5000 + "]}", "JSON Parse error: "),
        (AFFINE, "[1, 2]", "Is not object"),
        (AFFINE, '{"signature_name": 5}', "key must be a string value."),
        (AFFINE, "{}", "Missing 'inputs' or 'instances' key"),
        (
            AFFINE,
            '{"inputs": [], "instances": []}',
            "Not formatted correctly expecting only one of 'inputs' or 'instances' "
            "keys to exist",
        ),
        (AFFINE, '{"instances": 5}', "Expecting 'instances' to be an list/array"),
        (AFFINE, '{"instances": []}', "No values in 'instances' array"),
        (AFFINE, '{"instances": [["a", "b"]]}', "is not of expected type: float"),
        (AFFINE, '{"instances": [[1,2],[1,2,3]]}', "Expecting shape [2] but got: [3]"),
        (
            AFFINE,
            '{"instances": [[1,2],[1,2,3]]}',
            "Expecting tensor size: 2 but got: 3",
        ),
        (AFFINE, '{"inputs": [[1,2],[1]]}', "Encountered list at unexpected size:"),
        (AFFINE, '{"inputs": [1, [2]]}', "Encountered list at unexpected level:"),
        (AFFINE, '{"inputs": [[1], 2]}', "found at incorrect level:"),
        (AFFINE, '{"instances": [[1, 2, 3]]}', "must have shape [-1,2]"),
        (
            PAIR,
            '{"instances": [{"a": 1, "b": "x"}, [1]]}',
            "Expecting object but got list at item 1",
        ),
        (
            AFFINE,
            '{"instances": [[1, 2], {"x": [1, 2]}]}',
            "Expecting value/list but got object at item 1",
        ),
        (PAIR, '{"instances": [{"a": 1}]}', "keys must be equal to: a,b"),
        (
            PAIR,
            '{"instances": [{"a": 1, "b": "", "c": 1}]}',
            "JSON object: does not have named input: c",
        ),
        (PAIR, '{"instances": [1]}', "instances is a plain list, but expecting list"),
        (PAIR, '{"inputs": {"a": [1]}}', "Missing named input: b in 'inputs' object."),
        (PAIR, '{"inputs": [1]}', "inputs is a plain value/list, but expecting"),
        (IMAGE, '{"instances": [{"b64": "%%"}]}', "Unable to base64 decode"),
        (IMAGE, '{"instances": [{"b64": "QQ=A"}]}', "Unable to base64 decode"),
        (IMAGE, '{"instances": ["\\ud800"]}', "surrogate"),
        (
            AFFINE,
            '{"signature_name": "foo", "instances": [1]}',
            'Serving signature name: "foo" not found in signature def',
        ),
    ],
)
def test_wrong_requests_are_400_with_the_known_words(client, model, body, message):
    """Clients and their tests match these parts of messages."""
    status, reply = client.predict(model, body)
    assert status == 400
    assert message in reply["error"]
    assert list(reply) == ["error"]


def test_rows_need_outputs_with_rows(client):
    """A scalar output has no rows, another number of rows neither."""
    value = {"signature_name": "scalar", "instances": [1.0, 2.0]}
    status, reply = client.predict("pair", value)
    assert status == 400
    assert "has no shape information" in reply["error"]
    value = {"signature_name": "scalar", "inputs": [1.0, 2.0]}
    found = client.predict("pair", value)
    assert found == (200, {"outputs": {"all": [1.0, 2.0], "total": 3.0}})


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("foo:predict", 404, "Servable not found for request: Latest(foo)"),
        (
            "affine/versions/99:predict",
            404,
            "Servable not found for request: Specific(affine, 99)",
        ),
        (
            "half_plus_three/labels/foo:predict",
            400,
            "Unrecognized servable version label: foo",
        ),
        ("half_plus_three/labels/gone:predict", 404, "Specific(half_plus_three, 7)"),
        (f"affine/versions/{2**63}:predict", 400, "Failed to convert version: "),
    ],
)
def test_what_is_not_there(client, path, status, message):
    """Models and versions are 404, labels 400."""
    found = client.post(f"/v1/models/{path}", {"instances": [[1, 2]]})
    assert found[0] == status
    assert message in found[1]["error"]


def test_a_broken_image_is_400(client):
    """The decoder's sentence is passed on without the names of nodes."""
    status, reply = client.predict("image", {"instances": [b64(b"no image")]})
    assert status == 400
    assert "\n" not in reply["error"]
    assert "node" not in reply["error"]


# --- status, metadata, routes -----------------------------------------------------

AVAILABLE = {"error_code": "OK", "error_message": ""}


def test_status_of_all_versions(client):
    """Newest first, versions as strings."""
    assert client.get("/v1/models/half_plus_three") == (
        200,
        {
            "model_version_status": [
                {"version": version, "state": "AVAILABLE", "status": AVAILABLE}
                for version in ("2", "1")
            ]
        },
    )


def test_status_of_one_version(client):
    """A version in the path is alone in the answer; a label is not looked at."""
    _, reply = client.get("/v1/models/half_plus_three/versions/1")
    assert [s["version"] for s in reply["model_version_status"]] == ["1"]
    _, reply = client.get("/v1/models/half_plus_three/labels/stable")
    assert [s["version"] for s in reply["model_version_status"]] == ["2", "1"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("foo", "Could not find any versions of model foo"),
        ("affine/versions/9", "Could not find version 9 of model affine"),
    ],
)
def test_status_of_what_is_not_there(client, path, message):
    """Both are 404."""
    assert client.get(f"/v1/models/{path}") == (404, {"error": message})


def test_metadata(client):
    """The doubled signature_def, sizes as strings, defaults printed."""
    status, reply = client.get("/v1/models/affine/metadata")
    assert status == 200
    assert reply["model_spec"] == {
        "name": "affine",
        "signature_name": "",
        "version": "1",
    }
    found = reply["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert found["inputs"]["x"] == {
        "dtype": "DT_FLOAT",
        "tensor_shape": {
            "dim": [{"size": "-1", "name": ""}, {"size": "2", "name": ""}],
            "unknown_rank": False,
        },
        "name": "serving_default_x:0",
    }
    assert found["method_name"] == "tensorflow/serving/predict"
    assert found["defaults"] == {}
    assert set(found["outputs"]) == {"y"}


def test_versions_and_labels(client):
    """No version is the latest; a number or a label chooses another."""
    value = {"instances": [0.0]}
    answers = {
        path: client.post(f"/v1/models/half_plus_three{path}:predict", value)[1]
        for path in ("", "/versions/1", "/labels/stable", "/labels/canary")
    }
    assert {path: a["predictions"] for path, a in answers.items()} == {
        "": [3.0],
        "/versions/1": [2.0],
        "/labels/stable": [2.0],
        "/labels/canary": [3.0],
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/foo"),
        ("GET", "/v1"),
        ("GET", "/v1/models/affine:predict"),
        ("POST", "/v1/models/affine"),
        ("POST", "/v1/models/affine/metadata"),
        ("POST", "/v1/models/affine/versions/abc:predict"),
        ("POST", "/v1/models/affine/versions/1/labels/x:predict"),
        ("POST", "/v1/models/affine:explode"),
        ("GET", "/v1/models/a%0Ab/versions/1"),
        ("TRACE", "/v1/models/affine"),
        ("DELETE", "/v1/models/affine"),
        ("PUT", "/v1/models/affine:predict"),
    ],
)
def test_paths_that_mean_nothing(client, method, path):
    """A 400 that repeats method and path."""
    status, _, body = client.raw(method, path)
    error = json.loads(body)["error"]
    assert (status, error) == (400, f"Malformed request: {method} {path}")


def test_models_without_a_name(client):
    """The list of all models has another address."""
    error = {"error": "Missing model name in request."}
    assert client.get("/v1/models") == (400, error)


def test_other_paths_are_plain_404(client):
    """Outside of /v1/ nothing of the contract holds."""
    assert client.raw("GET", "/somewhere")[0] == 404


def test_options_needs_an_origin(client):
    """200 for a browser, 400 for others."""
    path = "/v1/models/affine:predict"
    assert client.raw("OPTIONS", path, headers={"Origin": "https://x.org"})[0] == 200
    assert client.raw("OPTIONS", path)[0] == 400
    assert client.raw("OPTIONS", path, headers={"Origin": "file://"})[0] == 400


def test_no_cross_origin_headers_unless_asked_for(client):
    """Other pages may not read answers by default."""
    _, headers, _ = client.raw("GET", "/v1/models/affine")
    assert "access-control-allow-origin" not in headers


def test_paths_ignore_case(client):
    """As the original's expressions do; names keep theirs."""
    status, reply = client.post("/V1/MODELS/affine:PREDICT", {"instances": [[1, 2]]})
    assert (status, reply["predictions"]) == (200, [[3.0, 5.0]])
    assert client.predict("AFFINE", {"instances": [[1, 2]]})[0] == 404


def test_percent_encoded_names(client):
    """A name is decoded after the path is taken apart."""
    name = "mit%20leer%25zeichen"
    assert client.predict(name, {"instances": [2]})[1] == {"predictions": [3.0]}
    assert client.predict("..%2F..%2Fetc", {"instances": [2]})[0] == 404


def test_content_type(client):
    """Always JSON, in errors too; that of a request is not checked."""
    for path in ("/v1/models/affine", "/v1/models/foo", "/v1/foo"):
        assert client.raw("GET", path)[1]["content-type"] == "application/json"
    value = {"instances": [[1, 2]]}
    assert client.predict("affine", value, **{"Content-Type": "text/x"})[0] == 200


# --- classify and regress -----------------------------------------------------------


def test_classify(client):
    """`results` holds a list of [label, score] for each example."""
    value = {"examples": [{"x": 0.25}, {"x": [1.0]}]}
    status, reply = client.post("/v1/models/examples:classify", value)
    assert status == 200
    assert reply == {
        "results": [[["low", 0.75], ["high", 0.25]], [["low", 0.0], ["high", 1.0]]]
    }


def test_regress_and_context(client):
    """`results` holds a number for each example; a context is shared by all."""
    value = {"signature_name": "regress", "examples": [{"x": 0.5}, {"x": 2.0}]}
    path = "/v1/models/examples:regress"
    assert client.post(path, value) == (200, {"results": [1.5, 6.0]})
    value = {"signature_name": "regress", "context": {"x": 3.0}, "examples": [{}]}
    assert client.post(path, value) == (200, {"results": [9.0]})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", "key 'examples' is expected and was not found"),
        ('{"examples": 5}', "Expecting 'examples' value to be an list/array"),
        ('{"examples": []}', "'examples' value is an empty array"),
        ('{"examples": [5]}', "Example must be JSON object but got JSON Number"),
        ('{"examples": [{"x": null}]}', "has element with unexpected JSON type: Null"),
        ('{"examples": [{"x": [[1.0]]}]}', "unexpected JSON type: Array"),
        ('{"examples": [{"x": {"a": 1}}]}', "unexpected JSON type: Object"),
        ('{"examples": [{"x": [1.0, 2]}]}', "Unexpected element type in feature: x"),
        ('{"examples": [{"x": 9223372036854775808}]}', "Only int64 is supported"),
        ('{"examples": [{"x": 1e39}]}', "without loss of precision"),
        ('{"signature_name": "regress", "examples": [{"x": 1.0}]}', "method_name"),
        ('{"examples": [{"x": 1}]}', ""),
    ],
)
def test_wrong_examples_are_400(client, body, message):
    """Whatever is no example, or no classification."""
    status, reply = client.post("/v1/models/examples:classify", body)
    assert status == 400
    assert message in reply["error"]


# --- plain files --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["image/png", "application/x-www-form-urlencoded"])
def test_a_picture_as_it_is(client, kind):
    """`curl --data-binary @cat.png`, with or without the right type."""
    status, reply = client.predict("image", png(7), **{"Content-Type": kind})
    assert (status, reply["predictions"]) == (200, [{"height": 3, "mean": 7.0}])


def test_a_form_of_pictures(client):
    """`curl -F a=@one.png -F b=@two.png`: a row for each."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="1.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + png(value) + b"\r\n"
        for value in (1, 2)
    ]
    body = b"".join(parts) + b"--x--\r\n"
    header = {"Content-Type": "multipart/form-data; boundary=x"}
    status, reply = client.predict("image", body, **header)
    assert status == 200
    assert [row["mean"] for row in reply["predictions"]] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("model", "kind", "body", "message"),
    [
        ("affine", "image/png", png(), "takes no files"),
        ("image", "image/png", b"text", ""),
        ("image", "multipart/form-data; boundary=x", b"--x--\r\n", "holds no file"),
        ("image", "multipart/form-data", b"--x\r\n", "The multipart form"),
        ("image", "multipart/form-data; boundary=x", b"nothing", "The multipart form"),
    ],
)
def test_wrong_files_are_400(client, model, kind, body, message):
    """The error says what is expected."""
    status, reply = client.predict(model, body, **{"Content-Type": kind})
    assert status == 400
    assert message in reply["error"]


def test_floats_round_trip(client):
    """The text of a float32 reads back as the same float32, and is the shortest."""
    values = np.random.default_rng(0).standard_normal(200).astype(np.float32)
    values *= 10.0 ** np.random.default_rng(1).integers(-30, 30, 200)
    value = {"signature_name": "float", "instances": values.tolist()}
    _, _, body = client.raw("POST", "/v1/models/kinds:predict", json.dumps(value))
    found = json.loads(body)["predictions"]
    assert np.array_equal(np.array(found, np.float32), values)
    assert found == [float(str(v)) for v in values]


def test_a_path_that_no_route_takes_is_answered_in_json(client):
    """Outside of /v1/ by the web server's own code, without a redirect."""
    for path in ("/v2/models/a%0Ab", "/healthz/", "/models/", "/nothing"):
        code, reply = client.get(path)
        assert code == 404
        assert reply["error"]
    assert client.post("/healthz", {})[0] == 405


def test_the_model_is_looked_up_before_its_input(client):
    """Of two mistakes the one is told that the original tells."""
    assert client.predict("nobody", "{}")[0] == 404
    assert client.predict("nobody", '{"signature_name": 5}')[0] == 400


def test_base64_may_be_broken_into_lines(client):
    """`base64` writes 76 characters a line, as does Python's encodebytes."""
    text = base64.encodebytes(png(10, (40, 30))).decode()
    assert text.count("\n") > 1
    for broken in (text, text.replace("\n", "\r\n"), text.rstrip("=\n")):
        status, reply = client.predict("image", {"instances": [{"b64": broken}]})
        assert (status, reply["predictions"][0]["mean"]) == (200, 10.0)

"""JSON to arrays: properties, against NumPy and Python's own json."""

import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfapp.serving.signature import Signature, TensorSpec
from tfapp.serving.status import RequestError, Status
from tfapp.serving.tensors.json_document import parse_object
from tfapp.serving.tensors.json_tensor import read_columns, read_rows, read_tensor
from tfapp.serving.tensors.json_text import dumps, plain, shortest

DTYPES = {
    "float": np.float32,
    "double": np.float64,
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "bool": np.bool_,
    "string": np.object_,
}
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.fixed_dictionaries({"b64": st.text()}),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=12,
)


def spec(kind, shape=None):
    """Return the spec of an input."""
    return TensorSpec("x:0", kind, np.dtype(DTYPES[kind]), shape)


def signature(**kinds):
    """Return a signature of some inputs."""
    return Signature("s", "", {k: spec(v) for k, v in kinds.items()}, {}, None)


def outcome(read, *arguments):
    """Return what is read, or the status of the error."""
    try:
        return read(*arguments)
    except RequestError as error:
        return error.status


NUMBERS = sorted(set(DTYPES) - {"string"})


@given(st.data(), st.sampled_from(NUMBERS), SHAPES)
@settings(deadline=None, max_examples=150)
def test_arrays_survive_json(data, kind, shape):
    """Array → text → array is the identity, NaN and infinities included."""
    array = data.draw(hnp.arrays(DTYPES[kind], shape))
    text = dumps({"inputs": plain("x", array)})
    found = read_columns(parse_object(text)["inputs"], signature(x=kind))["x"]
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5))
@settings(deadline=None, max_examples=50)
def test_bytes_survive_json(values):
    """As base64 under a name that ends in _bytes."""
    column = np.empty(len(values), object)
    column[:] = values
    text = dumps({"inputs": plain("x_bytes", column)})
    found = read_columns(parse_object(text)["inputs"], signature(x="string"))["x"]
    assert found.tolist() == values


@given(st.data(), st.sampled_from(NUMBERS), SHAPES)
@settings(deadline=None, max_examples=50)
def test_rows_are_the_columns_stacked(data, kind, shape):
    """Both formats give the same array."""
    array = data.draw(hnp.arrays(DTYPES[kind], (3, *shape)))
    value = parse_object(dumps({"v": plain("x", array)}))["v"]
    rows = read_rows(value, signature(x=kind))["x"]
    named = read_rows([{"x": row} for row in value], signature(x=kind))["x"]
    np.testing.assert_array_equal(rows, array)
    np.testing.assert_array_equal(named, array)


@given(JSON, st.sampled_from(sorted(DTYPES)))
@settings(deadline=None, max_examples=400)
def test_whatever_json_holds_is_an_array_or_an_error_of_ours(value, kind):
    """No other exception, in any format."""
    for read in (read_rows, read_columns):
        for inputs in (signature(x=kind), signature(x=kind, y="float")):
            found = outcome(read, value, inputs)
            assert found is Status.INVALID_ARGUMENT or set(found) == set(inputs.inputs)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(deadline=None, max_examples=300)
def test_whatever_bytes_hold_is_an_object_or_an_error_of_ours(body):
    """Where Python reads an object, so do we."""
    try:
        expected = json.loads(body.decode().strip(" \t\r\n"))
    except (ValueError, RecursionError):
        expected = None
    found = outcome(parse_object, body)
    assert isinstance(found, dict) or found is Status.INVALID_ARGUMENT
    assert isinstance(found, dict) or not isinstance(expected, dict)


@example(np.array([s * 10.0**e for e in range(-45, 39) for s in (1, -3)], np.float32))
@given(hnp.arrays(np.float32, 20, elements=st.floats(width=32)))
@settings(deadline=None, max_examples=200)
def test_floats_have_their_shortest_text(values):
    """The same digits as NumPy's own shortest representation."""
    for wide, narrow in zip(shortest(values).tolist(), values, strict=True):
        if math.isnan(wide):
            assert np.isnan(narrow)
        else:
            assert wide == float(str(narrow))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], "unexpected size: 1 at level: 1 expected size: 2"),
        ([[1], 2], "found at incorrect level: 2"),
        ([1, [2]], "unexpected level: 1"),
        ([1, "a"], 'JSON Value: "a" Type: String is not of expected type: float'),
        ([10**400], "without loss of precision"),
    ],
)
def test_words_of_the_errors(value, message):
    """What is wrong and where."""
    with pytest.raises(RequestError) as caught:
        read_tensor(value, spec("float"))
    assert message in str(caught.value)


def test_empty_lists_have_a_shape():
    """[[], []] is (2, 0)."""
    assert read_tensor([[], []], spec("float")).shape == (2, 0)

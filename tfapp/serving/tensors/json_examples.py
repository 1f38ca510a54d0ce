"""JSON objects to tf.train.Example, for Classify and Regress."""

from typing import Any

import tensorflow as tf

from tfapp.serving.status import invalid
from tfapp.serving.tensors.json_document import (
    as_bytes,
    is_base64,
    kind_of,
    quote,
)

LISTS = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}
INT64 = range(-(2**63), 2**63)
LARGEST_FLOAT = 3.4028235677973366e38
"""Half a step above it float32 becomes infinite."""


def examples_of(document: dict[str, Any], method: str) -> list[Any]:
    """Return the examples of a request.

    Raises:
        RequestError: INVALID_ARGUMENT if there are none or one is no example.
    """
    if "examples" not in document:
        raise invalid(
            f"JSON Value: {quote(document)} When method is {method}, key 'examples' is "
            "expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise invalid("Expecting 'examples' value to be an list/array")
    if not examples:
        raise invalid("'examples' value is an empty array")
    return [make_example(example) for example in examples]


def context_of(document: dict[str, Any]) -> Any:
    """Return the features that all examples share, or None."""
    return make_example(document["context"]) if "context" in document else None


def make_example(value: Any) -> Any:
    """Return a JSON object as a tf.train.Example.

    Strings and {"b64": …} become bytes, numbers with a decimal point floats, integers
    and booleans int64; a list holds one kind.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {kind_of(value)}")
    example = tf.train.Example()
    for name, content in value.items():
        feature = example.features.feature[_name(name)]
        for element in content if isinstance(content, list) else [content]:
            _add(feature, name, element)
    return example


def _add(feature: Any, name: str, value: Any) -> None:
    field, converted = _converted(name, value)
    kind = feature.WhichOneof("kind")
    if kind not in (None, field):
        raise invalid(
            f"Unexpected element type in feature: {name} expecting type: {LISTS[kind]}"
        )
    getattr(feature, field).value.append(converted)


def _converted(name: str, value: Any) -> tuple[str, Any]:
    """Return the list of a Feature that a value belongs to, and the value for it."""
    if isinstance(value, str) or is_base64(value):
        return "bytes_list", as_bytes(value)
    if isinstance(value, bool):
        return "int64_list", int(value)
    if isinstance(value, int):
        if value not in INT64:
            raise invalid(
                f"Feature: {name} has uint64 element. Only int64 is supported."
            )
        return "int64_list", value
    if isinstance(value, float):
        if LARGEST_FLOAT <= abs(value) < float("inf"):
            raise invalid(
                f"Cannot convert JSON value: {quote(value)} to float without loss of "
                "precision."
            )
        return "float_list", value
    raise invalid(
        f"Feature: {name} has element with unexpected JSON type: {kind_of(value)}"
    )


def _name(name: str) -> str:
    as_bytes(name)  # a lone surrogate has no place in a protocol buffer
    return name

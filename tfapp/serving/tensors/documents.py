"""JSON requests, read in two steps: what they ask for, then their arrays.

What a request asks for decides which model reads it, and only the model's signature
says what its numbers are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tfapp.serving.signature import DEFAULT, Arrays, Signature
from tfapp.serving.status import invalid
from tfapp.serving.tensors import json_tensor
from tfapp.serving.tensors.json_document import parse_object, quote
from tfapp.serving.tensors.kserve_tensors import Tensors


@dataclass(frozen=True)
class Facts:
    """What a request asks for.

    Args:
        signature: name of the signature.
        in_rows: whether the values come in rows; None if there are none.
        identity: what the client calls its request; None if it has no name.
        outputs: whether each requested output is to be binary, by name; None where
            `binary` decides.
        binary: whether all outputs are to be binary.
    """

    signature: str
    in_rows: bool | None = None
    identity: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    binary: Any = None


class Document(Protocol):
    """A request that was parsed, here or in another process."""

    facts: Facts

    def read(self, signature: Signature) -> Arrays:
        """Return the arrays of its inputs; RequestError if they do not fit."""


class PredictDocument:
    """The body of `:predict`.

    Args:
        body: the JSON.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """

    def __init__(self, body: bytes) -> None:
        self._document = parse_object(body)
        in_rows = "instances" in self._document
        has_values = in_rows or "inputs" in self._document
        name = signature_name(self._document)
        self.facts = Facts(name, in_rows if has_values else None)

    def read(self, signature: Signature) -> Arrays:
        """Return the arrays of its inputs."""
        document = self._document
        if "instances" in document and "inputs" in document:
            raise invalid(
                f"JSON Value: {quote(document)} Not formatted correctly expecting only "
                "one of 'inputs' or 'instances' keys to exist"
            )
        if "instances" in document:
            return json_tensor.read_rows(document["instances"], signature)
        if "inputs" not in document:
            raise invalid("Missing 'inputs' or 'instances' key")
        return json_tensor.read_columns(document["inputs"], signature)


class InferDocument:
    """The body of KServe's `/infer`.

    Args:
        header: the JSON.
        binary: the bytes behind it.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """

    def __init__(self, header: bytes, binary: bytes) -> None:
        document = parse_object(header)
        parameters = _object(document, "parameters")
        name = parameters.get("signature_name", DEFAULT)
        if not isinstance(name, str):
            raise invalid("Parameter 'signature_name' must be a string.")
        identity = document.get("id")
        self._tensors = Tensors(document, binary)
        self.facts = Facts(
            name,
            identity=identity if isinstance(identity, str) else None,
            outputs=_requested(document),
            binary=parameters.get("binary_data_output"),
        )

    def read(self, signature: Signature) -> Arrays:
        """Return the arrays of its inputs."""
        return self._tensors.read(signature)


def example_parts(body: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return a request for Classify or Regress without its examples, and each of them.

    What is no list of examples, or an empty one, stays in the request.

    Raises:
        RequestError: INVALID_ARGUMENT if it is no JSON object.
    """
    document = parse_object(body)
    examples = document.get("examples")
    if not isinstance(examples, list) or not examples:
        return document, []
    del document["examples"]
    return document, [json.dumps(example) for example in examples]


def signature_name(document: Mapping[str, Any]) -> str:
    """Return the signature that a request of TensorFlow Serving's names.

    Raises:
        RequestError: INVALID_ARGUMENT if it is no string.
    """
    name = document.get("signature_name", DEFAULT)
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {quote(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name or DEFAULT


def _requested(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs that a client requests, with their `binary_data` parameter."""
    outputs = document.get("outputs", [])
    if not isinstance(outputs, list):
        raise invalid("'outputs' must be a list.")
    requested: dict[str, Any] = {}
    for output in outputs:
        if not isinstance(output, dict) or not isinstance(output.get("name"), str):
            raise invalid("Each of 'outputs' must be an object with a 'name'.")
        if output["name"] in requested:
            raise invalid(f"Output {output['name']!r} is requested twice.")
        requested[output["name"]] = _object(output, "parameters").get("binary_data")
    return requested


def _object(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise invalid(f"{key!r} must be an object. Received: {json.dumps(value)[:100]}")
    return value

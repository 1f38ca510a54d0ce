"""Files posted as they are: `curl --data-binary @cat.jpg`, or a form."""

from collections.abc import Mapping
from email.message import Message
from typing import Any

import numpy as np
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from tfapp.serving.images.headers import is_image
from tfapp.serving.request import ReadInputs
from tfapp.serving.signature import Arrays, Signature
from tfapp.serving.status import invalid

MOST_PARTS = 1000
LONGEST_HEADER = 4096
"""Characters of one header; Python's own reader takes the square of them."""


def files_of(content_type: str, body: bytes) -> list[tuple[str, bytes]] | None:
    """Return (field, content) of each file that a body holds; None if it is JSON.

    Some clients send a picture under the type of a form; its first bytes decide.

    Raises:
        RequestError: INVALID_ARGUMENT if a form is damaged.
    """
    kind, _, _ = content_type.partition(";")
    family, _, subtype = kind.strip().lower().partition("/")
    if family in ("image", "audio"):
        return [("", body)]
    if subtype == "octet-stream" and not body.lstrip()[:1] == b"{":
        return [("", body)]
    if (family, subtype) == ("multipart", "form-data"):
        return parse_form(content_type, body)
    return [("", body)] if is_image(body) else None


def read_files(files: list[tuple[str, bytes]]) -> ReadInputs:
    """Return how to turn files into the inputs of a signature.

    A signature of one string input takes every file as a row, whatever its field is
    called; of several, the fields name the inputs.
    """

    def read(signature: Signature) -> Arrays:
        if signature.string_input:
            return {signature.string_input: _column([data for _, data in files])}
        if not all(spec.is_string for spec in signature.inputs.values()):
            raise invalid(
                f"Signature {signature.name!r} takes no files: expected string inputs, "
                f"found {_summary(signature)}. Send JSON instead."
            )
        columns: dict[str, list[bytes]] = {name: [] for name in signature.inputs}
        for field, data in files:
            if field not in columns:
                raise invalid(
                    f"Form field {field!r} is no input. Expected {sorted(columns)}."
                )
            columns[field].append(data)
        return {name: _column(values) for name, values in columns.items()}

    return read


def parse_form(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Return (field, content) of each part of a multipart form.

    Raises:
        RequestError: INVALID_ARGUMENT if it is damaged, empty or has too many parts.
    """
    parts: list[tuple[str, bytes]] = []
    try:
        boundary = _parameters("content-type", content_type).get("boundary", "")
        parser = MultipartParser(boundary.encode("latin-1"), _Collector(parts).calls())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise invalid(f"The multipart form is damaged: {error}") from None
    if not parts:
        raise invalid("The multipart form holds no file.")
    return parts


class _Collector:
    """Receives the pieces of a form and appends whole parts."""

    def __init__(self, parts: list[tuple[str, bytes]]) -> None:
        self.parts = parts
        self.field, self.value = bytearray(), bytearray()
        self.headers: dict[str, str] = {}
        self.data = bytearray()

    def calls(self) -> Any:
        return {
            "on_part_begin": self.begin,
            "on_header_field": lambda d, a, b: self.field.extend(d[a:b]),
            "on_header_value": lambda d, a, b: self.value.extend(d[a:b]),
            "on_header_end": self.header,
            "on_part_data": lambda d, a, b: self.data.extend(d[a:b]),
            "on_part_end": self.end,
        }

    def begin(self) -> None:
        self.headers, self.data = {}, bytearray()

    def header(self) -> None:
        name = self.field.decode("latin-1").lower()
        self.headers[name] = self.value.decode("utf-8", "replace")
        self.field.clear()
        self.value.clear()

    def end(self) -> None:
        disposition = self.headers.get("content-disposition", "")
        field = _parameters("content-disposition", disposition).get("name", "")
        self.parts.append((field, bytes(self.data)))
        if len(self.parts) > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS} parts")


def _parameters(header: str, value: str) -> Mapping[str, str]:
    if len(value) > LONGEST_HEADER:
        raise ValueError(f"a header of more than {LONGEST_HEADER} characters")
    message = Message()
    message[header] = value.replace("\n", " ").replace("\r", " ")
    parameters = message.get_params(header=header) or []
    return {key: text for key, text in parameters if isinstance(text, str)}


def _column(values: list[bytes]) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _summary(signature: Signature) -> str:
    return ", ".join(f"{k}: {v.kind}" for k, v in signature.inputs.items()) or "none"

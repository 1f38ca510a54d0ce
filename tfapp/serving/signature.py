"""The signatures of a SavedModel in plain Python: names, dtypes and shapes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.serving.status import RequestError, Status, invalid

Arrays = Mapping[str, np.ndarray]
"""Tensors by name; strings are object arrays of bytes."""

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
PREDICT = "tensorflow/serving/predict"
DEFAULT = "serving_default"


@dataclass(frozen=True)
class TensorSpec:
    """One input or output.

    Args:
        name: in the graph, for example "serving_default_x:0".
        kind: TensorFlow's word for the dtype: "float", "string", "uint8", ….
        dtype: NumPy's; object for strings.
        shape: -1 where the size is open; None if not even the rank is known.
        is_plain: whether it is an array of numbers or strings; sparse tensors, tensors
            of several parts and handles of resources are not.
    """

    name: str
    kind: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...] | None
    is_plain: bool = True

    @property
    def is_string(self) -> bool:
        """Whether the tensor holds bytes."""
        return self.kind == "string"

    @property
    def is_batch(self) -> bool:
        """Whether the first dimension is open: several requests fit into one call."""
        return bool(self.shape) and self.shape is not None and self.shape[0] == -1

    def admits(self, shape: tuple[int, ...]) -> bool:
        """Return whether an array of this shape fits."""
        if self.shape is None:
            return True
        if len(self.shape) != len(shape):
            return False
        return all(a in (-1, b) for a, b in zip(self.shape, shape, strict=True))


@dataclass(frozen=True)
class Signature:
    """One function of a SavedModel.

    Args:
        name: its key.
        method: what TensorFlow Serving's Classify and Regress look for.
        inputs: by alias.
        outputs: by alias.
        proto: the SignatureDef, for answers about metadata.
    """

    name: str
    method: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    proto: Any

    @property
    def is_plain(self) -> bool:
        """Whether all inputs and outputs are arrays, which the protocols can carry."""
        return all(s.is_plain for s in (*self.inputs.values(), *self.outputs.values()))

    @property
    def is_batchable(self) -> bool:
        """Whether rows of several requests can be answered by one call."""
        specs = [*self.inputs.values(), *self.outputs.values()]
        return bool(self.inputs) and all(spec.is_batch for spec in specs)

    @property
    def string_input(self) -> str:
        """The alias of the only input, if it takes strings, else ""."""
        (name, *others) = self.inputs or ("",)
        return "" if others or not name or not self.inputs[name].is_string else name


def require_plain(signature: Signature) -> None:
    """Refuse a signature of sparse tensors or handles: no protocol here has them.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    for name, spec in (*signature.inputs.items(), *signature.outputs.items()):
        if not spec.is_plain:
            raise invalid(
                f"Signature {signature.name!r} cannot be called from here: {name!r} is "
                f"a {spec.kind} tensor. Expected arrays of numbers or strings."
            )


def require_names(signature: Signature, names: Collection[str]) -> None:
    """Refuse inputs of other names than the signature's.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    if set(names) != signature.inputs.keys():
        expected, received = sorted(signature.inputs), sorted(names)
        extra = ",".join(sorted(set(received) - set(expected)))
        missing = ",".join(sorted(set(expected) - set(received)))
        raise invalid(
            f"input size does not match signature: {len(received)}!={len(expected)} "
            f"len({{{','.join(received)}}}) != len({{{','.join(expected)}}}). "
            f"Sent extra: {{{extra}}}. Missing but required: {{{missing}}}."
        )


def check_inputs(signature: Signature, inputs: Arrays) -> None:
    """Refuse what the signature does not take, before it can spoil a batch.

    Raises:
        RequestError: INVALID_ARGUMENT; names, dtypes or shapes do not fit.
    """
    require_names(signature, inputs)
    for name, array in inputs.items():
        spec = signature.inputs[name]
        if array.dtype != spec.dtype:
            raise invalid(
                f"Input {name!r} must be {spec.kind}. Received: {array.dtype.name}."
            )
        if not spec.admits(array.shape):
            raise invalid(
                f"Input {name!r} must have shape {shown(spec.shape)}. "
                f"Received: {shown(array.shape)}."
            )


def check_outputs(signature: Signature, requested: tuple[str, ...]) -> None:
    """Refuse an output filter that names what is not there, or a name twice.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    for name in requested:
        if name not in signature.outputs:
            raise invalid(f"output tensor alias not found in signature: {name}")
    if len(set(requested)) < len(requested):
        raise invalid("duplicate output tensor alias: " + ",".join(requested))


def shown(shape: tuple[int, ...] | None) -> str:
    """Return a shape as TensorFlow Serving prints it: [2,3], [?] if unknown."""
    return "[?]" if shape is None else f"[{','.join(map(str, shape))}]"


class MissingSignatureError(RequestError):
    """A signature that the model does not have; each protocol words it in its way."""

    def __init__(self, name: str) -> None:
        super().__init__(
            Status.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.'
        )
        self.name = name

"""What every protocol translates to, and from: one request, one answer."""

from collections.abc import Callable
from dataclasses import dataclass

from tfapp.serving.models.manager import ModelSpec
from tfapp.serving.signature import DEFAULT, Arrays, Signature

ReadInputs = Callable[[Signature], Arrays]
"""Builds the arrays of a request; how to read numbers depends on the signature."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, whatever protocol it came by.

    Args:
        spec: which model and version.
        read: builds the arrays, once the signature is known.
        signature: its name.
        outputs: aliases to return; () for all.
        seconds: until its deadline; None for the server's.
        size: bytes of what `read` reads; large ones are read off the event loop.
    """

    spec: ModelSpec
    read: ReadInputs
    signature: str = DEFAULT
    outputs: tuple[str, ...] = ()
    seconds: float | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered.

    Args:
        spec: the model and the version that answered.
        signature: that was called.
        outputs: arrays by alias, in the order of the signature.
    """

    spec: ModelSpec
    signature: Signature
    outputs: Arrays

"""What all gRPC services share: errors, model specs, deadlines."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc

from tfapp.serving.engine import Engine
from tfapp.serving.exchange import Exchange
from tfapp.serving.models.manager import ModelSpec
from tfapp.serving.signature import DEFAULT
from tfapp.serving.status import RequestError, invalid

Reply = TypeVar("Reply")

CODES = {code.value[0]: code for code in grpc.StatusCode}


async def answered(
    engine: Engine,
    context: Any,
    api: str,
    message: Any,
    work: Callable[[Exchange], Awaitable[Reply]],
) -> Reply:
    """Do the work of one call; errors end it with their code.

    Args:
        engine: counts and logs.
        context: of the call.
        api: "Predict", "Classify", ….
        message: the request, whose size counts while it is here.
        work: returns the reply.
    """
    try:
        with engine.recorded("GRPC", api) as exchange:
            engine.hold(exchange, message.ByteSize())
            return await work(exchange)
    except RequestError as error:
        await context.abort(CODES[error.status.code], str(error))
        raise
    except Exception:  # a bug: its traceback goes to the log, not to the client
        logging.getLogger(__name__).exception("A call met a bug.")
        await context.abort(grpc.StatusCode.INTERNAL, "The server has a fault.")
        raise


def spec_of(message: Any) -> ModelSpec:
    """Return which model a ModelSpec message means.

    Raises:
        RequestError: INVALID_ARGUMENT if it names none.
    """
    if not message.name:
        raise invalid("Missing ModelSpec")
    kind = message.WhichOneof("version_choice")
    if kind == "version":
        return ModelSpec(message.name, message.version.value)
    return ModelSpec(message.name, None, message.version_label)


def signature_of(message: Any) -> str:
    """Return the signature that a ModelSpec message names."""
    return message.signature_name or DEFAULT


def seconds_left(context: Any) -> float | None:
    """Return the seconds until the client's deadline; None if it set none."""
    left = context.time_remaining()
    return None if left is None or left > 1e6 else float(left)


def fill_spec(message: Any, spec: ModelSpec, signature: str) -> None:
    """Write the model and version that answered into a ModelSpec message."""
    message.name = spec.name
    message.version.value = spec.version or 0
    message.signature_name = signature

"""The bodies of HTTP requests: read within the limits, and unpacked."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.requests import Request

from tfapp.serving.engine import LARGE, Engine, aside
from tfapp.serving.exchange import Exchange
from tfapp.serving.signature import Arrays
from tfapp.serving.status import RequestError, Status, invalid
from tfapp.serving.tensors.documents import Document, example_parts
from tfapp.serving.tensors.json_document import (
    parse_object,
    parse_whole,
    parsed_bytes,
    text_bytes,
)

PIECE = 2**20
"""Bytes that are unpacked at a time."""
QUICK = 4096
"""Bytes of a body that unpack, to a thousand times as much, within milliseconds."""
PACKINGS = ("gzip", "x-gzip", "deflate")


@asynccontextmanager
async def opened(
    engine: Engine,
    exchange: Exchange,
    kind: Callable[..., Document],
    body: bytes,
    *rest: bytes,
) -> AsyncIterator[Document]:
    """Parse the JSON of a body; large JSON in a process of its own.

    Args:
        engine: lends the process.
        exchange: accounts for the memory.
        kind: what the JSON is.
        body: the JSON.
        rest: of the request, behind the JSON.

    Raises:
        RequestError: INVALID_ARGUMENT; 413 or UNAVAILABLE if there is no room for it.
    """
    if len(body) <= LARGE:
        yield kind(body, *rest)
        return
    await _make_room(engine, exchange, body)
    async with engine.workers.opened(kind, body, *rest) as document:
        yield document


async def parsed_examples(
    engine: Engine, exchange: Exchange, body: bytes
) -> dict[str, Any]:
    """Return the JSON object of a request for Classify or Regress.

    Raises:
        RequestError: as `opened`.
    """
    if len(body) <= LARGE:
        return parse_object(body)
    await _make_room(engine, exchange, body)
    document: dict[str, Any]
    document, parts = await engine.workers.call(example_parts, body)
    if parts:  # each by itself is quick to read
        document["examples"] = await aside(True, lambda: list(map(json.loads, parts)))
    return document


async def json_answer(
    engine: Engine, write: Callable[..., bytes], outputs: Arrays, *rest: Any
) -> bytes:
    """Return what `write` makes of outputs; of large ones in a process of its own."""
    size = sum(array.nbytes for array in outputs.values())
    strings = (a.ravel() for a in outputs.values() if a.dtype == object)
    size += sum(len(value) for array in strings for value in array)
    if size <= LARGE:
        return write(outputs, *rest)
    written: bytes = await engine.workers.call(write, dict(outputs), *rest)
    return written


async def _make_room(engine: Engine, exchange: Exchange, body: bytes) -> None:
    most = engine.settings.limits.max_json_bytes
    if await aside(True, partial(text_bytes, body, most)) > most:
        raise RequestError(
            Status.INVALID_ARGUMENT,
            f"The JSON has more than {most:,} bytes beside its files. Send binary "
            "tensors, or raise `max_json_bytes`.",
            http=413,
        )
    engine.make_room(exchange, await aside(True, partial(parsed_bytes, body)))


async def read_body(request: Request, engine: Engine, exchange: Exchange) -> bytes:
    """Return the body of a request, within the limits of size, room and time.

    Raises:
        RequestError: 413 if it is too large, 503 if there is no room, 408 if it comes
            too slowly.
    """
    packing = request.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", *PACKINGS):
        raise RequestError(
            Status.INVALID_ARGUMENT,
            f"Content-Encoding {packing[:50]!r} is not supported. "
            "Expected gzip, deflate or none.",
            http=415,
        )
    declared = request.headers.get("content-length", "0")
    engine.check_size(parse_whole(declared) or 0)
    chunks: list[bytes] = []
    seconds = engine.settings.limits.body_seconds
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                engine.hold(exchange, len(chunk))
                chunks.append(chunk)
    except TimeoutError:
        raise RequestError(
            Status.DEADLINE_EXCEEDED,
            f"The body did not arrive within {seconds:g} s.",
            http=408,
        ) from None
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if packing not in PACKINGS:
        return body
    unpacker = zlib.decompressobj(_window_bits(packing, body))
    return await _unpack(unpacker, body, engine, exchange)


async def _unpack(
    unpacker: Any, body: bytes, engine: Engine, exchange: Exchange
) -> bytes:
    """Return what gzip or zlib packed; its size is bounded like that of a body.

    Raises:
        RequestError: INVALID_ARGUMENT if it is damaged, 413 if it is too large, 503 if
            there is no room.
    """
    pieces: list[bytes] = []
    size, is_large = 0, len(body) > QUICK
    try:
        while not unpacker.eof:
            piece = await aside(is_large, partial(unpacker.decompress, body, PIECE))
            if not piece and not unpacker.unconsumed_tail:
                break
            engine.make_room(exchange, len(piece))
            size += len(piece)
            engine.check_size(size)
            pieces.append(piece)
            body = unpacker.unconsumed_tail
    except zlib.error as error:
        raise invalid(f"The packed body is damaged: {error}") from None
    if not unpacker.eof or unpacker.unused_data:
        reason = "is cut off" if not unpacker.eof else "has bytes behind its end"
        raise invalid(f"The packed body {reason}.")
    return b"".join(pieces)


def _window_bits(packing: str, body: bytes) -> int:
    """Return the window bits by which zlib reads a body: gzip, zlib or bare deflate.

    A zlib stream begins with method 8 and a multiple of 31; some clients send what
    follows this head alone under the name of deflate.
    """
    if packing != "deflate":
        return 16 + zlib.MAX_WBITS
    has_head = body[:1] == b"\x78" and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS

"""Fetching Keras' own ImageNet weights: no long waits, and never from zero twice."""

import math
import os
import queue
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError

from tfapp.base.errors import TfappError, WeightsError
from tfapp.base.files import explained, locked
from tfapp.domains.images.pretrained.extractors import Extractor
from tfapp.domains.images.pretrained.weight_files import (
    MD5_DIGITS,
    WeightsFile,
    hash_problem,
    keras_file,
    keras_folder,
)

MIRROR = "TFAPP_DOWNLOADS"
"""Variable: an address in place of Keras', under which the files lie; or `off`."""
PIECE_BYTES = 1 << 20
TIMEOUT_SECONDS = 10.0
CONTINUE, OUT_OF_RANGE = 206, 416
"""HTTP: here is the part that was requested; the file ends before that part."""

Progress = Callable[[int, int], None]
"""Called with the bytes so far and in all (0 = unknown)."""


@dataclass(frozen=True)
class Patience:
    """How long a download may take.

    Args:
        silence_seconds: for the first answer, and for every silence after it.
        total_seconds: for the whole file.
    """

    silence_seconds: float = TIMEOUT_SECONDS
    total_seconds: float = math.inf


def download(
    extractor: Extractor,
    *,
    progress: Progress | None = None,
    patience: Patience = Patience(),
) -> WeightsFile:
    """Fetch Keras' ImageNet file of an extractor into Keras' folder.

    A connection that breaks is opened again where it broke. What has arrived stays
    in FILE.part, and the next download continues there, if Keras publishes a hash that
    will show whether the parts belong together.

    Args:
        extractor: whose file.
        progress: receives the number of bytes read.
        patience: how long to wait.

    Raises:
        WeightsError: if the file cannot be had or has another hash; then nothing of
            it is kept.
        TfappError: if the folder cannot be made or written.
    """
    path = keras_folder() / extractor.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.parent):
            if not path.is_file():  # another process may have fetched it meanwhile
                _fetch(extractor, path, progress, patience)
    except (OSError, HTTPException) as error:
        if isinstance(error, OSError):
            failure = explained(error, path)
            if isinstance(failure, TfappError):
                raise failure from error
        raise _cannot_be_had(extractor, _reason(error)) from error
    return keras_file(extractor, path, source="download")


def address_of(extractor: Extractor) -> str:
    """Return where the file of an extractor is fetched; "" if downloads are off."""
    mirror = os.environ.get(MIRROR, "")
    if mirror == "off":
        return ""
    return f"{mirror.rstrip('/')}/{extractor.file}" if mirror else extractor.address


def _fetch(
    extractor: Extractor, path: Path, progress: Progress | None, patience: Patience
) -> None:
    address = address_of(extractor)
    if not address:
        raise OSError(f"downloads are off ({MIRROR}=off)")
    part = _part_of(path)
    if not extractor.hash:  # nothing would show that two parts belong together
        part.unlink(missing_ok=True)
    try:
        with part.open("ab") as stream:
            _receive(address, stream, progress, patience)
    except BaseException:
        if not extractor.hash or not part.stat().st_size:
            part.unlink()
        raise
    if problem := hash_problem(part, extractor.hash):
        part.unlink()
        raise _cannot_be_had(extractor, f"the file received is not it: {problem}")
    part.replace(path)


def _part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _receive(
    address: str, stream: IO[bytes], progress: Progress | None, patience: Patience
) -> None:
    """Append an address's content, opening it again as long as something arrives."""
    end = time.monotonic() + patience.total_seconds
    while True:
        before = stream.tell()
        try:
            return _append(address, stream, progress, patience, end)
        except (OSError, HTTPException) as error:
            if before and getattr(error, "code", 0) == OUT_OF_RANGE:
                _empty(stream)
            elif stream.tell() <= before or time.monotonic() >= end:
                raise


def _append(
    address: str,
    stream: IO[bytes],
    progress: Progress | None,
    patience: Patience,
    end: float,
) -> None:
    silence = patience.silence_seconds
    with _open(address, stream.tell(), silence) as answer:
        if stream.tell() and answer.status != CONTINUE:
            _empty(stream)
        total = stream.tell() + int(answer.headers.get("Content-Length") or 0)
        try:
            while piece := answer.read1(PIECE_BYTES):
                stream.write(piece)
                if progress:
                    progress(stream.tell(), total)
                if time.monotonic() > end:
                    raise OSError(
                        f"{stream.tell()} of {total} bytes came within "
                        f"{patience.total_seconds:g} s"
                    )
        except TimeoutError:
            raise TimeoutError(
                f"silence for {silence:g} s after {stream.tell()} of {total} bytes"
            ) from None
    if stream.tell() < total:
        raise OSError(f"the connection broke after {stream.tell()} of {total} bytes")


def _empty(stream: IO[bytes]) -> None:
    stream.truncate(0)
    stream.seek(0)


def _open(address: str, start: int, timeout_seconds: float) -> Any:
    """Open an address from a byte on, or give up after a fixed time.

    A socket's timeout starts anew for every address of a host and does not cover the
    look-up of its name, so behind a firewall that swallows packets it adds up to
    minutes. A thread does the waiting and is left to itself when time is up.
    """
    headers = {"Range": f"bytes={start}-"} if start else {}
    outcome: queue.Queue[Any] = queue.Queue()

    def fetch() -> None:
        try:
            request = urllib.request.Request(address, headers=headers)
            outcome.put(urllib.request.urlopen(request, timeout=timeout_seconds))
        except Exception as error:
            outcome.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    try:
        answer = outcome.get(timeout=timeout_seconds)
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, HTTPError):
        answer.close()  # it holds the connection until then
    if isinstance(getattr(answer, "reason", answer), TimeoutError):
        raise TimeoutError(f"no answer within {timeout_seconds:g} s")
    if isinstance(answer, Exception):
        raise answer
    return answer


def _reason(error: Exception) -> str:
    if isinstance(error, BlockingIOError):
        return "another process is downloading into the same folder"
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason)
    return str(error) or type(error).__name__


def _cannot_be_had(extractor: Extractor, reason: str) -> WeightsError:
    kind = "md5" if len(extractor.hash) == MD5_DIGITS else "sha256"
    digest = f"{kind} {extractor.hash}" if extractor.hash else "hash not published"
    part = _part_of(keras_folder() / extractor.file)
    kept = ""
    if part.is_file():
        kept = f"{part.stat().st_size} bytes are kept; the next try continues there. "
    return WeightsError(
        f"The ImageNet weights of {extractor.name!r} are not on this machine and "
        f"downloading them failed: {reason}. {kept}Fetch "
        f"{address_of(extractor) or extractor.address} elsewhere and "
        f"put it as {extractor.file!r} ({digest}) into {str(keras_folder())!r} or a "
        "folder named by TFAPP_WEIGHTS; or set `weights` to another file or to 'none'."
    )

"""Fetching Keras' own ImageNet weights, without long waits."""

import queue
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from tfapp.base.errors import WeightsError
from tfapp.base.files import replacing
from tfapp.domains.images.pretrained.extractors import Extractor
from tfapp.domains.images.pretrained.weight_files import (
    MD5_DIGITS,
    WeightsFile,
    hash_problem,
    keras_file,
    keras_folder,
)

PIECE_BYTES = 1 << 20
TIMEOUT_SECONDS = 10.0

Progress = Callable[[int, int], None]
"""Called with the bytes so far and in all (0 = unknown)."""


def download(
    extractor: Extractor,
    *,
    progress: Progress | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> WeightsFile:
    """Fetch Keras' ImageNet file of an extractor into Keras' folder.

    Args:
        extractor: whose file.
        progress: receives the number of bytes read.
        timeout_seconds: for the first answer, and for every silence after it.

    Raises:
        WeightsError: if the file cannot be had or has another hash; nothing is kept.
        TfappError: if the folder cannot be made or written.
    """
    path = keras_folder() / extractor.file
    try:
        with replacing(path) as temporary:
            _receive(extractor.address, temporary, progress, timeout_seconds)
            if problem := hash_problem(temporary, extractor.hash):
                raise _cannot_be_had(
                    extractor, f"the file received is not it: {problem}"
                )
    except (OSError, HTTPException) as error:
        raise _cannot_be_had(extractor, _reason(error)) from error
    return keras_file(extractor, path, source="download")


def _reason(error: Exception) -> str:
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason)
    return str(error) or type(error).__name__


def _cannot_be_had(extractor: Extractor, reason: str) -> WeightsError:
    kind = "md5" if len(extractor.hash) == MD5_DIGITS else "sha256"
    digest = f"{kind} {extractor.hash}" if extractor.hash else "hash not published"
    return WeightsError(
        f"The ImageNet weights of {extractor.name!r} are not on this machine and "
        f"downloading them failed: {reason}. Fetch {extractor.address} elsewhere and "
        f"put it as {extractor.file!r} ({digest}) into {str(keras_folder())!r} or a "
        "folder named by TFAPP_WEIGHTS; or set `weights` to another file or to 'none'."
    )


def _receive(
    address: str, path: Path, progress: Progress | None, timeout_seconds: float
) -> None:
    with _open(address, timeout_seconds) as answer, path.open("wb") as stream:
        total = int(answer.headers.get("Content-Length") or 0)
        received = 0
        while piece := answer.read(PIECE_BYTES):
            stream.write(piece)
            received += len(piece)
            if progress:
                progress(received, total)
    if total and received != total:
        raise OSError(f"the connection broke after {received} of {total} bytes")


def _open(address: str, timeout_seconds: float) -> Any:
    """Open an address, or give up after a fixed time.

    A socket's timeout starts anew for every address of a host and does not cover the
    look-up of its name, so behind a firewall that swallows packets it adds up to
    minutes. A thread does the waiting and is left to itself when time is up.
    """
    outcome: queue.Queue[Any] = queue.Queue()

    def request() -> None:
        try:
            outcome.put(urllib.request.urlopen(address, timeout=timeout_seconds))
        except Exception as error:
            outcome.put(error)

    threading.Thread(target=request, daemon=True).start()
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

"""FLAC, Ogg and other recordings made WAV, which the exported graph reads."""

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tfapp.base.errors import DataError
from tfapp.base.extras import require_extra
from tfapp.domains.audio.wav import EXTENSIBLE, FLOAT, PCM, encode_wav

READ_IN_GRAPH = {PCM, FLOAT, EXTENSIBLE}
WAVS = (b"RIFF", b"RF64")


def as_wav(content: bytes) -> bytes:
    """Return a recording as a WAV file that the graph reads; such a file as it is.

    Args:
        content: of a file in a format that the package soundfile reads.

    Raises:
        ConfigError: if soundfile is needed and not installed.
        DataError: if the content is no recording.
    """
    if is_plain_wav(content):
        return content
    with packed_recording(content, io.BytesIO(content)) as file:
        return encode_wav(mixed_samples(file), file.samplerate)


def is_plain_wav(head: bytes) -> bool:
    """Return whether the graph reads a file that begins like this."""
    return head[:4] in WAVS and _format(head) in READ_IN_GRAPH


@contextmanager
def packed_recording(head: bytes, file: Any) -> Iterator[Any]:
    """Open a recording that is no plain WAV file, as a soundfile.SoundFile.

    Args:
        head: its first bytes.
        file: path, or a binary file.

    Raises:
        ConfigError: if soundfile is not installed.
        DataError: if it is no recording, or cannot be read.
    """
    if head[:4] not in (*WAVS, b"fLaC", b"OggS", b"FORM", b".snd"):
        if not head.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xfa")):
            raise DataError("the content is no recording (WAV, FLAC, Ogg, MP3, AIFF).")
    require_extra("audio", ["soundfile"], "A recording that is no plain WAV file")
    soundfile: Any = importlib.import_module("soundfile")
    try:
        with soundfile.SoundFile(file) as opened:
            yield opened
    except soundfile.LibsndfileError as error:
        why = str(error).partition(": ")[2] or str(error)
        raise DataError(f"the recording cannot be read: {why}") from None


def mixed_samples(file: Any, count: int = -1) -> np.ndarray:
    """Return the next samples of a soundfile.SoundFile, the mean of its channels.

    Args:
        file: that is open.
        count: of samples; -1 for all that are left.

    Returns:
        float32 (samples,).
    """
    samples: np.ndarray = file.read(count, dtype="float32", always_2d=True)
    return samples.mean(axis=1)


def decodable(content: bytes, most: int) -> bytes:
    """Return what the server hands to a model; see `as_wav`.

    Args:
        content: of a file.
        most: pixels of a picture, of no use here.
    """
    del most
    return as_wav(content)


def _format(content: bytes) -> int:
    """Return the format code of a WAV file, 0 if its first chunk is another one."""
    if content[12:16] != b"fmt ":
        return PCM  # further behind: the graph looks for it
    return int.from_bytes(content[20:22], "little")

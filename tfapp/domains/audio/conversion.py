"""FLAC, Ogg and other recordings made WAV, which the exported graph reads."""

import importlib
import io
from typing import Any

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
    if content[:4] in WAVS and _format(content) in READ_IN_GRAPH:
        return content
    if content[:4] not in (*WAVS, b"fLaC", b"OggS", b"FORM", b".snd"):
        if not content.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xfa")):
            raise DataError("the content is no recording (WAV, FLAC, Ogg, MP3, AIFF).")
    require_extra("audio", ["soundfile"], "A recording that is no plain WAV file")
    soundfile: Any = importlib.import_module("soundfile")
    try:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    except soundfile.LibsndfileError as error:
        why = str(error).partition(": ")[2] or str(error)
        raise DataError(f"the recording cannot be read: {why}") from None
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return encode_wav(mono, rate)


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

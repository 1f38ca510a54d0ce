"""Parts of a recording of any length, each read by itself."""

from pathlib import Path
from typing import BinaryIO, Protocol

from tfapp.base.errors import DataError
from tfapp.domains.audio.conversion import (
    is_plain_wav,
    mixed_samples,
    packed_recording,
)
from tfapp.domains.audio.wav import encode_wav, wav_file

HEAD = 4096
"""Bytes in which the format of a file shows."""
STREAMED = (0, 0xFFFFFFFF)
"""Declared length of the samples of a stream: they go on to the end of the file."""


class LongRecording(Protocol):
    """A file that is read in parts."""

    @property
    def rate(self) -> int:
        """Samples per second."""

    @property
    def samples(self) -> int:
        """Samples of each channel."""

    def part(self, start: int, stop: int) -> bytes:
        """Return the samples from `start` to `stop` as a WAV file.

        Raises:
            DataError: if they cannot be read.
        """


def open_recording(path: Path) -> LongRecording:
    """Return a recording of which the header alone is read.

    Args:
        path: WAV file, or what the package soundfile reads.

    Raises:
        ConfigError: if soundfile is needed and not installed.
        DataError: if the file is no recording.
        OSError: if it cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    return _PlainWav(path) if is_plain_wav(head) else _Packed(path, head)


class _PlainWav:
    """A WAV file, whose parts have its own format."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self.form, self.start, length = _find_samples(file)
        self.rate = int.from_bytes(self.form[4:8], "little")
        self.frame = int.from_bytes(self.form[12:14], "little")
        if not self.frame or not self.rate:
            raise DataError("its header declares no rate, or samples of no size.")
        self.samples = length // self.frame

    def part(self, start: int, stop: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.start + start * self.frame)
            return wav_file(self.form, file.read((stop - start) * self.frame))


class _Packed:
    """A file that soundfile reads."""

    def __init__(self, path: Path, head: bytes) -> None:
        self.path, self.head = path, head
        with packed_recording(head, path) as file:
            self.rate, self.samples = int(file.samplerate), int(file.frames)

    def part(self, start: int, stop: int) -> bytes:
        with packed_recording(self.head, self.path) as file:
            file.seek(start)
            return encode_wav(mixed_samples(file, stop - start), self.rate)


def _find_samples(file: BinaryIO) -> tuple[bytes, int, int]:
    """Return the format of a WAV file, where its samples begin, and their bytes.

    Raises:
        DataError: if it is cut off before they begin.
    """
    size = file.seek(0, 2)
    form, at = b"", 12
    while at + 8 <= size:
        file.seek(at)
        name, declared = file.read(4), int.from_bytes(file.read(4), "little")
        if name == b"fmt ":
            form = file.read(declared)
        if name == b"data" and len(form) >= 16:
            left = size - at - 8
            return form, at + 8, left if declared in STREAMED else min(declared, left)
        at += 8 + declared + declared % 2
    raise DataError("the file is cut off: it holds no samples.")

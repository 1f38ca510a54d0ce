"""A file of TensorBoard's events that can be cut and thinned.

TensorFlow's own writers only append, under a new name in every process: what a killed
run wrote after its last state would be written a second time by the run that goes on.
"""

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event

from tfapp.base.errors import StorageError
from tfapp.base.storage.scratch import flush

NAME = "events.out.tfevents.{:06d}.tfapp"
"""By number: a TensorBoard that has read a file goes on with the next."""
FRAME = 16
"""Bytes of a record besides its data: length, and two checksums."""


class EventFile:
    """The one file of events of a folder.

    To append in another process, to cut or to thin copies what is kept into a file
    with the next number and removes the one before.

    Args:
        folder: of the file; made with the first event.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer: Any = None
        self._path: Path | None = None

    def write(self, step: int, summary: Any) -> None:
        """Append a summary, a tensorboard `Summary`."""
        with self._one_line():
            if self._writer is None:
                self._begin(lambda event, end: True)
            event = Event(wall_time=time.time(), step=step, summary=summary)
            self._writer.write(event.SerializeToString())

    def flush(self) -> int:
        """Hand everything to the disk, and return the size of the file."""
        path = self._path or self._last()
        if self._writer is not None and self._path is not None:
            with self._one_line():
                self._writer.flush()
                flush(self._path)
        return path.stat().st_size if path else 0

    def cut(self, size: int) -> None:
        """Keep the first bytes alone; 0 keeps nothing."""
        self.close()
        path = self._last()
        if path is not None and path.stat().st_size > size:
            self._begin(lambda event, end: end <= size)

    def thin(self, wanted: Callable[[int], bool]) -> None:
        """Keep the events of wanted steps alone."""
        self.close()
        self._begin(lambda event, end: bool(event.file_version) or wanted(event.step))

    def close(self) -> None:
        """Write everything and release the file."""
        writer, self._writer = self._writer, None
        with self._one_line():
            if writer is not None:
                writer.close()
        self._path = None

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turn TensorFlow's error about a disk into one line.

        Raises:
            StorageError: if the disk is full or the place cannot be written.
        """
        try:
            yield
        except tf.errors.OpError as error:
            place = self._path or self.folder
            raise StorageError(
                f"Cannot write {place}: {error.message}. Make room, "
                "or set runtime.watch = 'off', and run the command again."
            ) from error

    def _last(self) -> Path | None:
        return max(
            self.folder.glob(NAME.format(0).replace("000000", "*")), default=None
        )

    def _begin(self, wanted: Callable[[Event, int], bool]) -> None:
        """Begin a new file with those of the old events that are wanted.

        Args:
            wanted: event and the place where its record ends → whether it is kept.
        """
        old = self._last()
        number = int(old.name.split(".")[3]) + 1 if old else 1
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self.folder / NAME.format(number)
        self._writer = tf.io.TFRecordWriter(str(self._path))
        kept = 0
        for data, end in records(old) if old else ():
            if wanted(Event.FromString(data), end):
                self._writer.write(data)
                kept += 1
        if not kept:
            first = Event(wall_time=time.time(), file_version="brain.Event:2")
            self._writer.write(first.SerializeToString())
        self._writer.flush()
        if old:
            old.unlink()


def records(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the data of each whole record of a file, and where it ends."""
    end = 0
    with path.open("rb") as file:
        while len(header := file.read(12)) == 12:
            (length,) = struct.unpack("<Q", header[:8])
            data = file.read(length + 4)
            if len(data) < length + 4:
                return
            end += length + FRAME
            yield data[:-4], end

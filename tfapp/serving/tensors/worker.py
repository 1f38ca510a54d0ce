"""A process that reads and writes large JSON, so that nobody else waits meanwhile.

Python's JSON reader holds up all threads of its process: 60 MB take a second, in which
no probe is answered. `python -m tfapp.serving.tensors.worker` answers questions on its
standard input, one after the other, without TensorFlow:

    open KIND ARGUMENTS…   parse a document and keep it → its `facts`
    read SIGNATURE         the arrays of the document
    call FUNCTION …        what a function returns
"""

import os
import pickle
import signal
import struct
import sys
import traceback
from typing import IO, Any

from tfapp.serving.status import RequestError, Status

COUNT, LENGTH = struct.Struct("<I"), struct.Struct("<Q")


def send(stream: IO[bytes], value: Any) -> None:
    """Write a value: a pickle and, uncopied, the buffers of its arrays."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, 5, buffer_callback=buffers.append)
    parts: list[Any] = [data, *(buffer.raw() for buffer in buffers)]
    stream.write(COUNT.pack(len(parts)))
    for part in parts:
        stream.write(LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read a value that `send` wrote.

    Raises:
        EOFError: if the other side ended.
    """
    (count,) = COUNT.unpack(_exactly(stream, COUNT.size))
    parts = []
    for _ in range(count):
        (length,) = LENGTH.unpack(_exactly(stream, LENGTH.size))
        parts.append(_exactly(stream, length))
    return pickle.loads(parts[0], buffers=parts[1:])


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


class Answerer:
    """Answers questions; holds the document that was opened last."""

    def __init__(self) -> None:
        self._document: Any = None

    def answer(self, command: str, *arguments: Any) -> Any:
        """Return the answer to a question."""
        if command == "open":
            kind, *rest = arguments
            self._document = kind(*rest)
            return self._document.facts
        if command == "read":
            document, self._document = self._document, None
            return dict(document.read(*arguments))
        function, *rest = arguments
        return function(*rest)


def main() -> None:
    """Answer until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints is no answer
    answerer = Answerer()
    while True:
        try:
            question = receive(questions)
        except EOFError:
            return
        try:
            outcome: tuple[Any, ...] = ("answer", answerer.answer(*question))
        except RequestError as error:
            outcome = ("refusal", error.status.name, str(error), error.http)
        except MemoryError:
            message = "The request needs more memory than there is."
            outcome = ("refusal", Status.RESOURCE_EXHAUSTED.name, message, 0)
        except Exception:
            outcome = ("failure", traceback.format_exc())
        send(answers, outcome)


if __name__ == "__main__":
    main()

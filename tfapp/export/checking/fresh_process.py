"""A process that knows nothing of a training answers with what it left.

It may be started ahead, so that TensorFlow has been imported once it is asked.
"""

import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tfapp.base.errors import ExportError
from tfapp.export.checking.verify import ANSWERS, QUESTIONS, Answers, Batches

PROJECT_ROOT = Path(__file__).resolve().parents[3]


class FreshProcess:
    """A Python without Keras and without a GPU that answers with one SavedModel.

    It ends with its answer, or when this process ends.
    """

    def __init__(self) -> None:
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tfapp.export.checking.verify"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
            env=environment(),
        )

    def ask(self, folder: Path, questions: Batches) -> Answers:
        """Answer check inputs with the SavedModel of a folder; works once.

        Raises:
            ExportError: if the process fails; with the last line of its error.
        """
        with tempfile.TemporaryDirectory(prefix="tfapp-verify-") as place:
            (Path(place) / QUESTIONS).write_bytes(pickle.dumps(questions))
            try:
                with suppress(BrokenPipeError):  # it has failed: stderr says how
                    self._process.communicate(f"{folder}\0{place}".encode())
            finally:
                stderr = self.end()
            code = self._process.returncode
            if code != 0:
                raise ExportError(
                    "The exported model does not work in a process of its own: "
                    f"{last_useful_line(stderr, code)}"
                )
            return Answers(*pickle.loads((Path(place) / ANSWERS).read_bytes()))

    def end(self) -> bytes:
        """End the process, whatever it does; return what it wrote to stderr."""
        self._process.kill()  # does nothing once it has ended
        with suppress(BrokenPipeError):
            self._process.communicate()
        with self._stderr as file:
            file.seek(0)
            return file.read()


_waiting: list[FreshProcess] = []


@contextmanager
def started_ahead() -> Iterator[None]:
    """Start the process that the next `ask_fresh_process` of this block asks."""
    process = FreshProcess()
    _waiting.append(process)
    try:
        yield
    finally:
        if process in _waiting:
            _waiting.remove(process)
            process.end()


def ask_fresh_process(folder: Path, questions: Batches) -> Answers:
    """Answer check inputs with a SavedModel, in a process without Keras.

    Args:
        folder: of the SavedModel.
        questions: signature → batches of its inputs.

    Raises:
        ExportError: if the process fails; with the last line of its error.
    """
    process = _waiting.pop() if _waiting else FreshProcess()
    return process.ask(folder, questions)


def environment() -> dict[str, str]:
    """Return the environment of a fresh process: it finds tfapp, and no GPU."""
    path = os.pathsep.join(filter(None, [str(PROJECT_ROOT), os.getenv("PYTHONPATH")]))
    # The GPU belongs to the process that trained: it holds all of the memory.
    hidden = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return {**os.environ, **hidden, "PYTHONPATH": path}


def last_useful_line(stderr: bytes, returncode: int) -> str:
    """Return the line that names the error, out of a process' whole stderr."""
    lines = [s for s in stderr.decode(errors="replace").splitlines() if s.strip()]
    named = [s for s in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception)\b", s)]
    if returncode < 0:
        return f"it was ended by signal {-returncode} (9 usually means: no memory left)"
    return (named or lines or [f"exit code {returncode}"])[-1].strip()

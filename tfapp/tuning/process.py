"""The other end of a trial's process: start it, answer it, end it, explain its end."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from tfapp.tuning.trial import Job

POLL_SECONDS = 0.25
"""Between two looks at memory and clock."""
LAST_LINES = 5
"""Of a log, that say why a trial failed."""

OnRound = Callable[[dict[str, Any]], str]
"""Is given a score as a table after each round; returns GO or STOP."""


@dataclass(frozen=True)
class Limits:
    """What a trial may take.

    Args:
        seconds: of wall time; 0 for any.
        memory_bytes: of resident memory; 0 for any.
    """

    seconds: float = 0.0
    memory_bytes: int = 0


@dataclass
class TrialProcess:
    """One process that trains one trial.

    Args:
        job: what it does; its pipe is made here.
        log: file of all that it prints.
        limits: what it may take.
        command: that starts it.
    """

    job: Job
    log: Path
    limits: Limits = Limits()
    command: tuple[str, ...] = (sys.executable, "-m", "tfapp.tuning.trial")
    ended: bool = field(default=False, init=False)
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def run(self, on_round: OnRound) -> dict[str, Any] | None:
        """Run to the end and return the outcome.

        Args:
            on_round: answers after every round.

        Returns:
            A table with "value", "curve", "rounds" and more, or with "failure", the
            reason; None if `end` was called, so that the trial can go on later.
        """
        outcome = Path(self.job.outcome)
        outcome.parent.mkdir(parents=True, exist_ok=True)
        if outcome.is_file():  # the search was killed before it had read it
            return _read(outcome)
        reading, writing = os.pipe()
        try:
            with self.log.open("ab") as log:
                self.process = self._start(writing, log)
            os.close(writing)
            writing = -1
            failure = self._answer(reading, on_round)
        finally:
            os.close(reading)
            if writing >= 0:
                os.close(writing)
            self._kill()
        if outcome.is_file():
            return _read(outcome)
        if self.ended:
            return None
        return {"failure": failure or self._why(), "kind": "crash"}

    def end(self) -> None:
        """End the process; what it has saved stays."""
        self.ended = True
        self._kill()

    def _start(self, pipe: int, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=(pipe,),
            start_new_session=True,  # Ctrl-C is for the search, which ends its trials
        )
        job = {**asdict(self.job), "pipe": pipe}
        self._tell(process, json.dumps(job))
        return process

    def _tell(self, process: "subprocess.Popen[bytes]", line: str) -> None:
        try:
            assert_stdin(process).write(line.encode() + b"\n")
            assert_stdin(process).flush()
        except (OSError, ValueError):  # it has died: its end says why
            return

    def _answer(self, reading: int, on_round: OnRound) -> str:
        """Answer until the process ends; return why it was ended, if it was."""
        process = self.process
        if process is None or self.ended:
            return ""
        began, rest = time.monotonic(), b""
        while True:
            if select.select([reading], [], [], POLL_SECONDS)[0]:
                data = os.read(reading, 65_536)
                if not data:
                    process.wait()
                    return ""
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._tell(process, on_round(json.loads(line)))
            if reason := self._excess(process.pid, time.monotonic() - began):
                self._kill()
                return reason

    def _excess(self, pid: int, seconds: float) -> str:
        limits = self.limits
        if limits.seconds and seconds > limits.seconds:
            return f"took longer than {limits.seconds / 60:g} minutes"
        if limits.memory_bytes and (used := memory_of(pid)) > limits.memory_bytes:
            return (
                f"out of memory: took {used / 1e9:.1f} GB of the "
                f"{limits.memory_bytes / 1e9:g} GB that a trial may take"
            )
        return ""

    def _why(self) -> str:
        """Return why the process ended by itself: a signal, or its last words."""
        code = self.process.returncode if self.process else 0
        lines = last_lines(self.log)
        if code < 0:
            name = signal.Signals(-code).name
            hint = " (the system's memory was full, perhaps)" if code == -9 else ""
            return f"ended by {name}{hint}" + (f": {lines}" if lines else "")
        return lines or f"ended with code {code} and no word"

    def _kill(self) -> None:
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                pass


def assert_stdin(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """Return the pipe to a process that was started with one."""
    if process.stdin is None:
        raise TypeError("The process was started without a pipe to its stdin.")
    return process.stdin


def memory_of(pid: int) -> int:
    """Return the resident bytes of a process, 0 where the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    """Return the last lines of a log, as one line."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-count:])[-600:]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))

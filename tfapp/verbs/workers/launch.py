"""Start a cluster of processes on this machine that train one recipe together."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from tfapp import recipes
from tfapp.base.errors import ERRORS, ConfigError, Interrupted, TfappError
from tfapp.machine.cluster.joining import JOIN_SECONDS

GRACE_SECONDS = 30.0
"""For the others to end by themselves after one has failed; TensorFlow needs 12."""
TERM_SECONDS = 5.0
"""Between SIGTERM and SIGKILL: a worker inside a collective ignores the first."""
POLL_SECONDS = 0.1
LOCAL = "127.0.0.1"


def launch(
    recipe: str,
    overrides: Sequence[str] = (),
    *,
    workers: int = 2,
    resume: bool = False,
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Run a recipe by several processes of this machine; the chief shows progress.

    Args:
        recipe: its name or file; of a run that is resumed what `tfapp.resume` takes.
        overrides: texts such as "training.epochs=3".
        workers: processes that share every batch; one per GPU where there are GPUs.
        resume: go on with a run that was killed.
        runs_folder: the run becomes runs_folder/NAME/NUMBER.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        as_json: print the results as JSON.
        quiet: show no progress.

    Raises:
        TfappError: if a worker fails: one line that names it. The others are ended.
    """
    if workers < 1:
        raise ConfigError(f"`workers` must be at least 1. Received: {workers}")
    if not resume:  # a mistake in it is one line, before any process starts
        recipes.load_recipe(recipe, overrides)
    flags = {"--resume": resume, "--json": as_json, "--quiet": quiet}
    command = [
        *(sys.executable, "-m", "tfapp", "run", recipe),
        *(part for text in overrides for part in ("--set", text)),
        *("--runs", str(runs_folder), "--saved-models", str(saved_models)),
        *(flag for flag, is_set in flags.items() if is_set),
    ]
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="tfapp-"))
        members = _started(command, workers, Path(scratch), stack)
        try:
            _watch(members)
        except KeyboardInterrupt:
            for member in members:
                member.process.send_signal(signal.SIGINT)
            _end(members, GRACE_SECONDS)
            raise Interrupted(_reason(members[0]) or "Interrupted.") from None
        finally:
            _end(members, 0.0)


class _Member:
    """One process of the cluster.

    Args:
        name: for messages.
        process: that runs the recipe.
        errors: file that gets its error.
        output: what it writes to stderr; None if that is the terminal.
    """

    def __init__(
        self,
        name: str,
        process: "subprocess.Popen[bytes]",
        errors: Path,
        output: IO[bytes] | None,
    ) -> None:
        self.name, self.process = name, process
        self.errors, self.output = errors, output


def _started(
    command: Sequence[str], workers: int, scratch: Path, stack: ExitStack
) -> list[_Member]:
    addresses = [f"{LOCAL}:{port}" for port in free_ports(workers)]
    members = []
    for index, address in enumerate(addresses):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        errors = scratch / f"{index}.error"
        environ = {JOIN_SECONDS: "60"} | os.environ | {ERRORS: str(errors)}
        output = None
        if index:
            output = stack.enter_context((scratch / f"{index}.out").open("w+b"))
        process = subprocess.Popen(
            command,
            env=environ | {"TF_CONFIG": config},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches them once, from here
        )
        members.append(_Member(f"Worker {index} ({address})", process, errors, output))
    return members


def free_ports(count: int) -> list[int]:
    """Return ports in a row that nobody uses; nor does anybody the one above them.

    Raises:
        ConfigError: if there are none.
    """
    for first in range(20_000 + os.getpid() % 5000 * 2, 60_000, count + 1):
        ports = list(range(first, first + count + 1))
        with ExitStack() as stack:
            try:
                for port in ports:
                    stack.enter_context(socket.create_server(("", port)))
            except OSError:
                continue
        return ports[:-1]
    raise ConfigError(f"This machine has no {count} free ports in a row.")


def _watch(members: Sequence[_Member]) -> None:
    """Wait for all processes.

    Raises:
        TfappError: for the first that fails, once all others have ended.
    """
    while True:
        codes = [member.process.poll() for member in members]
        failed = [m for m, code in zip(members, codes, strict=True) if code]
        if failed:
            _end(members, GRACE_SECONDS)
            raise _error(failed[0], members)
        if None not in codes:
            return
        time.sleep(POLL_SECONDS)


def _error(first: _Member, members: Sequence[_Member]) -> TfappError:
    """Return what the user should read of a failure: one cause, and the way on."""
    code = first.process.returncode
    reason = _reason(first)
    if not reason and code > 0 and first.output is not None:  # a bug: its traceback
        first.output.seek(0)
        sys.stderr.write(first.output.read().decode(errors="replace"))
    if reason := reason or _reason(members[0]):
        return TfappError(reason)
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return TfappError(f"{first.name} {how}. Go on with --resume.")


def _reason(member: _Member) -> str:
    with suppress(OSError):
        return member.errors.read_text(encoding="utf-8").strip()
    return ""


def _end(members: Sequence[_Member], seconds: float) -> None:
    """Let processes end, then tell them to, then kill them."""
    for wait, number in ((seconds, None), (0, signal.SIGTERM), (TERM_SECONDS, None)):
        end = time.monotonic() + wait
        for member in members:
            with suppress(subprocess.TimeoutExpired):
                member.process.wait(max(0.0, end - time.monotonic()))
            if number is not None and member.process.poll() is None:
                member.process.send_signal(number)
    for member in members:
        if member.process.poll() is None:
            member.process.kill()
            member.process.wait()

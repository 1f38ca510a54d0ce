"""Entry point of the command line: `tfapp` and `python -m tfapp`."""

import atexit
import errno
import gc
import io
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

CTRL_C = 130
"""The exit code that Typer makes of Ctrl-C."""


def process() -> None:
    """Be the process of a command: run it, then end whatever still runs in threads."""
    ending = Ending()
    atexit.register(ending)
    try:
        main()
    except SystemExit as end:
        ending.code = int(end.code or 0)
        for number in (signal.SIGINT, signal.SIGTERM):  # the command has ended already
            signal.signal(number, ending)
        raise


class Ending:
    """The last thing that a process does: it is registered first, so it runs last.

    Python would end a thread that nobody waits for, such as one that loads a model, as
    soon as it comes back from TensorFlow's code; C++ answers that with an abort. Python
    would also look through all of TensorFlow's objects once more, for a second.
    """

    code = 1
    """The exit code; 1 where an error passes through."""

    def __call__(self, *_: Any) -> None:
        """End the process, now."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # a full disk, a closed stream
                stream.flush()
        os._exit(self.code)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2."""
    # TensorFlow prints pages of notices at import unless configured before.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["TFAPP_OWN_PROCESS"] = "1"
    # Without a home it recommends a variable to every user, in the middle of a run.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # Imports and graphs make millions of objects that stay: looking through them for
    # circles again and again takes half a second of every command.
    gc.set_threshold(100_000, 50, 100)
    sys.unraisablehook = _interrupt_again
    try:
        _end_orderly_when_told_to()
        _print_any_name()
        code = _run()
    except KeyboardInterrupt:
        code = CTRL_C
    if code == CTRL_C:
        code = _refuse("Interrupted.")
    sys.exit(_flushed(code))


def _flushed(code: int) -> int:
    """Write out what waits for stdout; a full disk behind it is one line."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # What could not be written must not be tried again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or _unwritten(error)
    return code


def _unwritten(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):  # as after `| head`: nobody reads on
        return 1
    return _refuse(f"Cannot write the output: {error.strerror}.")


def _run() -> int:
    from typer.exceptions import TyperException

    from tfapp.base.errors import TfappError
    from tfapp.cli import app

    try:
        return app(prog_name="tfapp", standalone_mode=False) or 0
    except TfappError as error:
        return _refuse(str(error))
    except OSError as error:
        if not _is_of_stdout(error):
            raise
        return _unwritten(error)
    except TyperException as error:
        if not error.format_message():  # no arguments at all: help was shown
            return 2
        context = getattr(error, "ctx", None)
        verb = context.command_path if context else "tfapp"
        message = error.format_message().rstrip(".")
        return _refuse(f"{message}. See `{verb} --help`.")


def _is_of_stdout(error: OSError) -> bool:
    """Tell a failed `print`; failures of files have become errors that name theirs."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EPIPE, errno.EIO)
    return error.errno in full and error.filename is None


def _refuse(message: str) -> int:
    from tfapp.base.errors import ERRORS

    if aside := os.environ.get(ERRORS):  # whoever started this process shows it
        Path(aside).write_text(message, encoding="utf-8")
        return 2
    for line in message.splitlines():
        sys.stderr.write(f"tfapp: error: {line}\n")
    return 2


def _end_orderly_when_told_to() -> None:
    """Let `kill` and a closed terminal end a run as Ctrl-C does: nothing half-written.

    A signal that is ignored, as under `nohup`, stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _interrupt_again(ignored: Any) -> None:
    """Repeat an interrupt that fell into a destructor, where Python drops it."""
    if ignored.exc_type is KeyboardInterrupt:
        main = threading.main_thread().ident  # of another thread it ends no waiting
        threading.Timer(0.05, signal.pthread_kill, [main, signal.SIGINT]).start()
    else:
        sys.__unraisablehook__(ignored)


def _print_any_name() -> None:
    """Escape what the terminal's encoding lacks, instead of failing on it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    process()

"""How a run ends, written down; failures become one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tfapp.base.errors import DataError, Interrupted, StorageError, TfappError
from tfapp.base.files import explained
from tfapp.machine.cluster import team
from tfapp.runs import Run

STARTING, TRAINING, TRAINED = "starting", "training", "trained"
FIXED_OUTSIDE = (TfappError, DataError, StorageError)
"""Errors after which the same run can go on: a full disk, a file that vanished."""


@contextmanager
def recording(folder: Run, status: str, end: str = "complete") -> Iterator[None]:
    """Keep a run's status; a run that ends before training leaves no folder.

    Args:
        folder: of the run; no other process may work in it meanwhile.
        status: to begin with; a run that is resumed keeps its folder in any case.
        end: status of a run to which nothing happened.

    Raises:
        TfappError: in place of Ctrl-C, a full disk and the like. Bugs stay as they
            are and always keep the folder.
    """
    with folder.locked():
        folder.set_status(status)
        try:
            yield
        except (TfappError, OSError) as error:
            raise _failed(folder, error) from error
        except KeyboardInterrupt:
            raise _interrupted(folder) from None
        except BaseException as error:
            if "KeyboardInterrupt" in str(error):  # caught in TensorFlow's native code
                raise _interrupted(folder) from None
            _set_status(folder, "failed", repr(error))
            raise
        folder.set_status(end)


def _failed(folder: Run, error: Exception) -> Exception:
    failure = explained(error, folder.folder) if isinstance(error, OSError) else error
    if not team().is_chief:  # its folder vanishes; the chief says how to go on
        return failure
    removed = _end(folder, "failed", str(failure))
    if removed or type(failure) not in FIXED_OUTSIDE:
        return failure
    message = str(failure).replace(" and run the command again", "")
    return type(failure)(f"{message} Then go on with `{folder.resume_command}`.")


def _interrupted(folder: Run) -> Interrupted:
    if _end(folder, "interrupted"):
        return Interrupted("Interrupted. Nothing was written; run the command again.")
    return Interrupted(
        f"Interrupted. {folder.folder} keeps what was done so far; no export is "
        f"half-written. Go on with `{folder.resume_command}`."
    )


def _end(folder: Run, status: str, detail: str = "") -> bool:
    """Record the end, or remove a run that never began to train; return if removed."""
    if folder.status() == STARTING:
        folder.discard()
        return True
    _set_status(folder, status, detail)
    return False


def _set_status(folder: Run, status: str, detail: str) -> None:
    with suppress(TfappError):  # on a full disk the status before must do
        folder.set_status(status, detail)

"""How a run ends, written down; misfortunes become one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager

from tfapp.errors import Interrupted, TfappError
from tfapp.files import explained
from tfapp.runs import Run

STARTING, TRAINING = "starting", "training"


@contextmanager
def recording(folder: Run) -> Iterator[None]:
    """Keep a run's status; a run that ends before training leaves no folder.

    Raises:
        TfappError: in place of Ctrl-C, a full disk and the like. Bugs stay as they
            are and always keep the folder.
    """
    folder.set_status(STARTING)
    try:
        yield
    except KeyboardInterrupt:
        raise _interrupted(folder) from None
    except RuntimeError as error:
        if "KeyboardInterrupt" not in str(error):
            folder.set_status("failed", repr(error))
            raise
        raise _interrupted(folder) from None  # TensorFlow caught it in native code
    except OSError as error:
        _end(folder, "failed", str(error))
        raise explained(error, folder.folder) from error
    except TfappError as error:
        _end(folder, "failed", str(error))
        raise
    except BaseException as error:
        folder.set_status("failed", repr(error))
        raise
    folder.set_status("complete")


def _interrupted(folder: Run) -> Interrupted:
    kept = f"{folder.folder} keeps what was done so far; no export is half-written."
    if _end(folder, "interrupted"):
        kept = "Nothing was written."
    return Interrupted(
        f"Interrupted. {kept} Run the same command again: computed features are reused."
    )


def _end(folder: Run, status: str, detail: str = "") -> bool:
    """Record the end, or remove a run that never began to train; tell if removed."""
    if folder.status() == STARTING:
        folder.discard()
        return True
    folder.set_status(status, detail)
    return False

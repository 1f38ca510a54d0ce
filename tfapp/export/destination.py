"""The folder of a version: saved_models/NAME/VERSION, whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import tensorflow as tf

from tfapp.base.errors import ExportError, StorageError, TfappError
from tfapp.base.files import explained, replacing

ERROR_NUMBERS = {
    tf.errors.ResourceExhaustedError: errno.ENOSPC,
    tf.errors.PermissionDeniedError: errno.EACCES,
}
"""What TensorFlow's own writers raise, as errno."""


def next_version(folder: Path) -> int:
    """Return 1 + the highest version in saved_models/NAME; 1 if there is none."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return 1 + max((int(name) for name in names if is_version(name)), default=0)


def is_version(name: str) -> bool:
    """Return whether a name is that of a version: a number."""
    return name.isascii() and name.isdigit()


def check_destination(destination: Path) -> None:
    """Refuse a place that is no new version.

    Raises:
        ExportError: if it is not.
    """
    if not is_version(destination.name):
        raise ExportError(
            f"An export goes to a folder named by its version, such as "
            f"{destination / '1'}. Received: {str(destination)!r}"
        )
    if destination.exists():
        raise ExportError(
            f"{destination} exists already, and a published version never changes. "
            f"The next one is {next_version(destination.parent)}."
        )


@contextmanager
def publishing(destination: Path) -> Iterator[Path]:
    """Yield a hidden folder that becomes `destination` when the block succeeds.

    Raises:
        ExportError: for a user's mistake in the block.
        StorageError: if the place cannot be written.
    """
    missing = [folder for folder in destination.parents if not folder.exists()]
    try:
        with replacing(destination) as folder:
            yield folder
    except OSError as error:
        raise _cannot_write(error, destination) from error
    except tuple(ERROR_NUMBERS) as error:
        number = ERROR_NUMBERS[type(error)]
        raise _cannot_write(OSError(number, ""), destination) from error
    except (ExportError, StorageError):
        raise
    except TfappError as error:
        raise ExportError(str(error)) from error
    finally:
        for folder in missing:
            with suppress(OSError):  # only those that stayed empty go
                folder.rmdir()


def _cannot_write(error: OSError, destination: Path) -> StorageError:
    failure = explained(error, destination)
    if isinstance(failure, StorageError):
        return failure
    return StorageError(f"Cannot write {destination}: {error.strerror or error}.")

"""Where an output really goes: through links, and into pipes and devices."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

DESCRIPTORS = ("/proc/self/fd", "/dev/fd", f"/proc/{os.getpid()}/fd")
MOST_LINKS = 40


def destination(path: Path) -> Path:
    """Return the file or folder that a path means: what its links lead to.

    A link to nothing leads to the file that will be made.
    """
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def is_stream(path: Path) -> bool:
    """Tell whether a path is written to and never replaced: a pipe, a device."""
    if _descriptor(path) is not None:
        return True
    with suppress(OSError):
        mode = path.stat().st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return False


def write_stream(path: Path, data: bytes) -> None:
    """Write all bytes to a pipe, a device or an open descriptor such as /dev/stdout."""
    number = _descriptor(path)
    if number is None:
        # Not created: what is no longer there must not become a file.
        number = os.open(path, os.O_WRONLY)
    else:
        if number == 1:
            sys.stdout.flush()
        number = os.dup(number)  # its place in the file is that of all other output
    with os.fdopen(number, "wb") as file:
        file.write(data)


def _descriptor(path: Path) -> int | None:
    """Return the number of the open descriptor that a path stands for, else None."""
    place = os.path.abspath(path)
    for _ in range(MOST_LINKS):
        folder, name = os.path.split(place)
        if name.isdecimal() and folder in DESCRIPTORS:
            return int(name)
        if not os.path.islink(place):
            return None
        place = os.path.normpath(os.path.join(folder, os.readlink(place)))
    return None

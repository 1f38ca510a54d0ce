"""The content of a .npy or .npz file to a grid of numbers."""

import io
import math
import threading
import zipfile
import zlib
from typing import IO

import numpy as np
from numpy.lib import format as npy

from tfapp.base.errors import DataError

KEYS = ("voxels", "grid", "volume", "arr_0")
"""Of a .npz file with several arrays: the one that counts."""
MOST_VOXELS = 512**3
"""Numbers of a grid above which nothing is read."""
ZIP = b"PK"
_header_parser = threading.Lock()
"""NumPy reads a header by `ast`, which fails now and then in two threads at once
(Python 3.11 and 3.12: https://github.com/python/cpython/issues/106905)."""


class GridError(DataError):
    """What is wrong with one grid.

    Args:
        fault: in a word or two.
        detail: in one sentence.
    """

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail = fault, detail


def read_grid(content: bytes) -> np.ndarray:
    """Return the numbers of a file as it holds them.

    Args:
        content: of a .npy file, or of a .npz file with one array, or with one that is
            called "voxels", "grid" or "volume". Python objects are refused.

    Returns:
        Array (depth, height, width) or (depth, height, width, channels), of bool,
        integers or floats.

    Raises:
        GridError: if it is none.
    """
    try:
        values = _loaded(content)
    except GridError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = (
            "it holds Python objects" if "pickle" in str(error) else "it is cut off"
        )
        raise GridError(
            "unreadable", f"{reason}, or is no array. Write it with np.save."
        ) from error
    if values.dtype.kind not in "buif":
        detail = f"its dtype is {values.dtype}. Expected bool, integers or floats."
        raise GridError("no numbers", detail)
    if values.ndim not in (3, 4) or not values.size:
        shape = "x".join(map(str, values.shape)) or "a single number"
        detail = (
            f"its shape is {shape}. Expected (depth, height, width), or that and "
            "channels."
        )
        raise GridError("no volume", detail)
    return values


def encoded_grid(values: np.ndarray) -> bytes:
    """Return a grid as the content of a .npy file that the exported graph reads.

    It is little-endian and in C order; bool and numbers of one byte stay as they are,
    others become float32.
    """
    values = np.asarray(values)
    kind = values.dtype if values.dtype.itemsize == 1 else np.dtype("<f4")
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(values, kind), allow_pickle=False)
    return stream.getvalue()


def plain_npy(content: bytes) -> bytes:
    """Return the grid of any file that `read_grid` takes as `encoded_grid` does.

    Raises:
        GridError: if it is none.
    """
    return encoded_grid(read_grid(content))


def _loaded(content: bytes) -> np.ndarray:
    """Return the array of a file.

    Raises:
        GridError: if a .npz file has several, or an array is too large.
        ValueError or OSError: if it cannot be read.
    """
    if not content.startswith(ZIP):
        return _read_array(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        fitting = names if len(names) == 1 else [k for k in KEYS if k in names]
        if not fitting:
            detail = f"it holds the arrays {names}. Expected one, or one of {KEYS[:3]}."
            raise GridError("several arrays", detail)
        with archive.open(f"{fitting[0]}.npy") as file:
            return _read_array(file)


def _read_array(file: IO[bytes]) -> np.ndarray:
    """Return the array of a .npy file; one too large is refused by its header."""
    with _header_parser:
        first = npy.read_magic(file) == (1, 0)
        # Versions 2 and 3 differ in the names of a record's fields alone.
        read = npy.read_array_header_1_0 if first else npy.read_array_header_2_0
        shape, fortran_order, dtype = read(file)
    if np.prod(shape, dtype=np.float64) > MOST_VOXELS:
        detail = f"its shape is {shape}: more than {MOST_VOXELS:,} numbers."
        raise GridError("too large", detail)
    if dtype.hasobject:
        raise ValueError("pickled objects")
    size = math.prod(shape) * dtype.itemsize
    content = bytearray(file.read(size))
    if len(content) < size:
        raise EOFError
    return np.ndarray(shape, dtype, content, order="F" if fortran_order else "C")

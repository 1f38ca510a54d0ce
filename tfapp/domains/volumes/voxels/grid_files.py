"""The content of a .npy or .npz file to a grid of numbers."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np

from tfapp.base.errors import DataError

KEYS = ("voxels", "grid", "volume", "arr_0")
"""Of a .npz file with several arrays: the one that counts."""
MOST_VOXELS = 512**3
"""Numbers of a grid above which nothing is read."""
ZIP = b"PK"


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
        _refuse_large(io.BytesIO(content))
        values: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
        return values
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        fitting = names if len(names) == 1 else [k for k in KEYS if k in names]
        if not fitting:
            detail = f"it holds the arrays {names}. Expected one, or one of {KEYS[:3]}."
            raise GridError("several arrays", detail)
        with archive.open(f"{fitting[0]}.npy") as file:
            _refuse_large(file)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            chosen: np.ndarray = arrays[fitting[0]]
            return chosen


def _refuse_large(file: Any) -> None:
    """Refuse an array by its header, before its numbers take memory."""
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    shape = read(file)[0] if read else ()
    if np.prod(shape, dtype=np.float64) > MOST_VOXELS:
        detail = f"its shape is {shape}: more than {MOST_VOXELS:,} numbers."
        raise GridError("too large", detail)

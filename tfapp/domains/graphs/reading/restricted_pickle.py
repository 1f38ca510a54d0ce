"""Pickles of arrays and dicts, read without running what others may have put there."""

import io
import pickle
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError

ALLOWED = {
    ("collections", "defaultdict"),
    ("builtins", "list"),
    ("__builtin__", "list"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("scipy.sparse.csr", "csr_matrix"),
    ("scipy.sparse._csr", "csr_matrix"),
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    *((f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")),
}
"""All that files of arrays, sparse matrices and lists of neighbours need."""
MOVED = {
    "scipy.sparse.csr": "scipy.sparse._csr",
    "numpy.core.multiarray": "numpy._core.multiarray",
    "__builtin__": "builtins",
}
"""Old names of modules."""


class _Forbidden(pickle.UnpicklingError):
    """A pickle names what could run code."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise _Forbidden(f"it would load {module}.{name}")
        return super().find_class(MOVED.get(module, module), name)


def read_pickle(path: Path) -> Any:
    """Return what a pickle holds, if it is arrays, sparse matrices, dicts and lists.

    Args:
        path: of a file that Python 2 or 3 wrote.

    Raises:
        DataError: if it cannot be read, is damaged, or would load anything else, such
            as a function that is called then.
    """
    try:
        return _Unpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    except _Forbidden as error:
        raise DataError(
            f"{path} is no file of arrays alone: {error}. Expected a pickle of NumPy "
            "arrays, SciPy matrices, dicts and lists; anything else is not loaded, "
            "since it could run code."
        ) from error
    # A damaged pickle fails in whatever its bytes happen to mean.
    except Exception as error:
        raise DataError(
            f"{path} is damaged: it is no whole pickle ({type(error).__name__}). "
            "Expected a file of the Planetoid data; copy it anew."
        ) from error

"""Filling a network from an HDF5 file of weights, strictly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import WeightsError

if TYPE_CHECKING:
    import keras

SUFFIXES = (".weights.h5", ".h5", ".hdf5")
Shape = tuple[int, ...]


class MisfitError(WeightsError):
    """A file's weights are not those of the network.

    Args:
        path: of the file.
        network: name of the network.
        reason: what differs.
    """

    def __init__(self, path: Path, network: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"Weight file {str(path)!r} does not fit network {network!r}: {reason} "
            "Choose the extractor and the arguments that the file was made with."
        )


def fill(network: keras.Model, path: Path) -> None:
    """Load a file that holds exactly the weights of a network.

    Both of Keras' formats are read, `.weights.h5` and the older `.h5`. Weights stored
    in float16 become the network's own type.

    Args:
        network: built; its weights are overwritten, in part even if this fails.
        path: of the file.

    Raises:
        MisfitError: if it holds more, fewer or other weights than the network.
        WeightsError: if it cannot be read.
    """
    if not path.name.endswith(SUFFIXES):
        raise WeightsError(
            f"Weight file {str(path)!r} has an unknown ending. Expected one of "
            f"{list(SUFFIXES)}. Write one with `model.save_weights`."
        )
    stored = _stored_shapes(path)
    try:
        if path.name.endswith(SUFFIXES[0]):
            _compare(stored, network)
        network.load_weights(path)
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split("\n\n")[0].split())
        raise MisfitError(path, network.name, reason) from error


def _stored_shapes(path: Path) -> Counter[Shape]:
    """Count the shapes of the float arrays of a file's model, not its optimizer's."""
    import h5py

    shapes: Counter[Shape] = Counter()

    def visit(name: str, item: Any) -> None:
        array = isinstance(item, h5py.Dataset) and item.dtype.kind == "f"
        if array and not name.startswith("optimizer"):
            shapes[item.shape] += 1

    try:
        with h5py.File(path) as content:
            content.visititems(visit)
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            f"Weight file {str(path)!r} is not a whole HDF5 file ({error}). Copy or "
            "fetch it again."
        ) from error
    return shapes


def _compare(stored: Counter[Shape], network: keras.Model) -> None:
    """Refuse a file with more or other weights, of which Keras would take a part."""
    weights = [w for w in network.weights if w.dtype.startswith(("float", "bfloat"))]
    expected = Counter(tuple(weight.shape) for weight in weights)
    missing, surplus = expected - stored, stored - expected
    if not missing and not surplus:
        return
    reasons = [f"it holds {stored.total()} arrays. Expected {expected.total()}."]
    if missing:
        weight = next(w for w in weights if tuple(w.shape) in missing)
        reasons.append(f"It lacks {weight.path!r} of shape {tuple(weight.shape)}.")
    if surplus:
        shape = next(iter(surplus))
        reasons.append(f"The network has no place for one of shape {shape}.")
    raise ValueError(" ".join(reasons))

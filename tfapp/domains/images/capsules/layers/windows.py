"""Which capsules of a map lie in which windows, as arrays of indices."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """Square windows over a map, without padding; all arrays are int32.

    Args:
        shape: rows and columns of windows.
        children: (windows, places of a window), the place of the map that each of
            them shows, counted row by row.
        parents: (places of the map, most), for each place of the map where it is
            shown, as positions in `children` read as one row; filled up with 0.
        valid: bool array like `parents`, false where it is filled up.
    """

    shape: tuple[int, int]
    children: np.ndarray
    parents: np.ndarray
    valid: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Return in how many windows each place lies, int (places of the map,)."""
        return np.asarray(self.valid.sum(axis=1))


def make_windows(rows: int, columns: int, kernel_size: int, strides: int) -> Windows:
    """Lay windows over a map.

    Args:
        rows: of the map.
        columns: of the map.
        kernel_size: side of a window, at most that of the map.
        strides: from window to window.
    """
    tops = range(0, rows - kernel_size + 1, strides)
    lefts = range(0, columns - kernel_size + 1, strides)
    side = range(kernel_size)
    children = np.array(
        [
            [(top + y) * columns + left + x for y in side for x in side]
            for top in tops
            for left in lefts
        ],
        "int32",
    )
    places = np.arange(rows * columns)
    shown = [np.flatnonzero(children.ravel() == place) for place in places]
    most = max(map(len, shown))
    parents = np.zeros((len(places), most), "int32")
    valid = np.zeros((len(places), most), bool)
    for place, numbers in enumerate(shown):
        parents[place, : len(numbers)] = numbers
        valid[place, : len(numbers)] = True
    return Windows((len(tops), len(lefts)), children, parents, valid)

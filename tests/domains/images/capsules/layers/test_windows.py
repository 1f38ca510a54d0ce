"""Windows over a map."""

import numpy as np

from tfapp.domains.images.capsules.layers.windows import make_windows


def test_windows_and_who_lies_in_them():
    """A map of 3×4 under 2×2 windows, every step."""
    found = make_windows(3, 4, 2, 1)
    assert found.shape == (2, 3)
    assert found.children[4].tolist() == [5, 6, 9, 10]  # row 1, column 1
    assert found.counts.reshape(3, 4).tolist() == [
        [1, 2, 2, 1],
        [2, 4, 4, 2],
        [1, 2, 2, 1],
    ]
    for place, (slots, known) in enumerate(
        zip(found.parents, found.valid, strict=True)
    ):
        assert (found.children.ravel()[slots[known]] == place).all()


def test_strides_leave_places_out():
    """What no window shows has no parent."""
    found = make_windows(4, 4, 2, 3)
    assert found.shape == (1, 1)
    assert found.counts.sum() == 4
    assert np.flatnonzero(found.counts).tolist() == [0, 1, 4, 5]

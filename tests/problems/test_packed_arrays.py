"""Arrays in JSON."""

import json

import numpy as np
import pytest

from tfapp.problems.packed_arrays import packed, unpacked


@pytest.mark.parametrize("dtype", ["float16", "float32", "int16", "uint8"])
def test_an_array_comes_back(dtype):
    """Shape, dtype and values, by way of JSON."""
    array = np.arange(12).reshape(3, 4)
    again = unpacked(json.loads(json.dumps(packed(array, dtype))))
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, array)


def test_damage_is_refused():
    """Bytes that are missing do not become an array."""
    table = packed(np.arange(4), "int16")
    with pytest.raises(ValueError, match="reshape|size"):
        unpacked(table | {"shape": [5]})

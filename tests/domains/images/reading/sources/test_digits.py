"""The embedded digits."""

import io

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from tfapp.domains.images.reading.sources.digits import digits


def test_all_digits_with_full_range(context_for):
    """1,797 images of ten classes; 0..16 becomes 0..255."""
    source, expected = digits("digits", context_for("digits")), load_digits()
    assert source.labels == tuple("0123456789")
    assert [int(e.target) for e in source.examples] == expected.target.tolist()
    for index in (0, 1, 1796):
        data = source.read(source.examples[index])
        with Image.open(io.BytesIO(data)) as image:
            found = np.asarray(image)
        np.testing.assert_allclose(found / 255, expected.images[index] / 16, atol=2e-3)

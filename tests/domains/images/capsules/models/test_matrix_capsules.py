"""Matrix capsules: the counts on smallNORB."""

import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.models.matrix_capsules import matrix_capsules
from tfapp.domains.images.shapes import image_info


@pytest.mark.parametrize(("preset", "count"), [("small", 68_754), ("large", 317_194)])
def test_the_networks_of_the_paper(preset, count):
    """Stereo pairs of 32×32 pixels, five classes."""
    model = matrix_capsules(image_info((32, 32, 2), "abcde"), preset=preset)
    assert model.count_params() == count
    assert set(model.output) == {"logits", "presence"}


def test_too_small_an_image_is_refused():
    """With what is expected."""
    with pytest.raises(ModelError, match="at least 17x17. Received: 16x16"):
        matrix_capsules(image_info((16, 16, 1), "abcde"))

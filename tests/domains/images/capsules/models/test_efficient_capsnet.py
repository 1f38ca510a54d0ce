"""Efficient-CapsNet: the paper's count."""

import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.models.efficient_capsnet import efficient_capsnet
from tfapp.domains.images.shapes import image_info


def test_the_network_of_the_paper():
    """161,824 weights learn, beside those of the decoder."""
    model = efficient_capsnet(image_info((28, 28, 1), "0123456789"), decoder_units=())
    assert sum(np.prod(w.shape) for w in model.trainable_weights) == 161_824
    assert model.get_layer("primary_capsules").output.shape == (None, 16, 8)
    drawing = efficient_capsnet(image_info((28, 28, 1), "0123456789"))
    assert drawing.get_layer("decoder").count_params() == 1_411_344


@pytest.mark.parametrize(
    ("shape", "filters", "message"),
    [
        ((10, 28, 1), (4, 4, 4, 8), "at least 11x11. Received: 10x28"),
        ((28, 28, 1), (4, 4, 4, 9), r"multiple of `capsule_dim` = 8.*\[4, 4, 4, 9\]"),
        ((28, 28, 1), (4, 4, 8), "must be 4 numbers"),
    ],
)
def test_bad_arguments_are_refused(shape, filters, message):
    """In one line that says what is expected."""
    with pytest.raises(ModelError, match=message):
        efficient_capsnet(image_info(shape, "0123456789"), filters=filters)

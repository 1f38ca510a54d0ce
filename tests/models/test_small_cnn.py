"""What is special to the small CNN."""

import pytest

from tfapp.errors import ModelError
from tfapp.models.small_cnn import small_cnn


def test_parameters_of_the_article():
    """At 150x150 all but the output layer has the article's 1,212,513 - 65 weights."""
    model = small_cnn((150, 150, 3), 2)
    assert model.count_params() == 1_212_513 - 65 + 2 * 65


def test_too_small_images_are_refused():
    """The error says where the pixels ran out and what to change."""
    with pytest.raises(ModelError, match=r"before block 3 only 1x1 pixels.*padding"):
        small_cnn((10, 10, 3), 2)

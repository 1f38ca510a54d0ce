"""What is special to the small CNN."""

import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.classification.models.small_cnn import small_cnn
from tfapp.domains.images.shapes import image_info


def test_parameters_of_the_article():
    """1,212,513 at 150x150 with its single sigmoid unit, 65 more with two logits."""
    article = small_cnn(image_info((150, 150, 3), "ab"), single_logit=True)
    assert article.count_params() == 1_212_513
    assert small_cnn(image_info((150, 150, 3), "ab")).count_params() == 1_212_513 + 65


def test_parameters_of_the_baseline_of_capsnet():
    """35.4 million, as the paper has it: no pooling, and two hidden layers."""
    model = small_cnn(
        image_info((28, 28, 1), "0123456789"),
        filters=(256, 256, 128),
        kernel_size=5,
        padding="same",
        pool_size=1,
        units=(328, 192),
    )
    assert model.count_params() == 35_445_522


def test_too_small_images_are_refused():
    """The error says where the pixels ran out and what to change."""
    with pytest.raises(ModelError, match=r"before block 3 only 1x1 pixels.*padding"):
        small_cnn(image_info((10, 10, 3), "ab"))

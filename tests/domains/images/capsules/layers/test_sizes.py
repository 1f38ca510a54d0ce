"""Numbers of capsules that mean nothing."""

import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.layers.dynamic_routing import DenseCapsule
from tfapp.domains.images.capsules.layers.matrix_convolution import MatrixConvolution
from tfapp.domains.images.capsules.layers.primary import PrimaryCapsule, ToCapsules


@pytest.mark.parametrize(
    ("layer", "sizes", "name"),
    [
        (ToCapsules, {"capsule_dim": 0}, "capsule_dim"),
        (PrimaryCapsule, {"num_capsules": -1, "capsule_dim": 8}, "num_capsules"),
        (DenseCapsule, {"num_capsules": 3, "capsule_dim": 0}, "capsule_dim"),
        (MatrixConvolution, {"num_capsules": 0}, "num_capsules"),
    ],
)
def test_less_than_one_is_refused(layer, sizes, name):
    """With the argument and the number."""
    with pytest.raises(ModelError, match=f"`{name}` must be at least 1. Received: "):
        layer(**sizes)

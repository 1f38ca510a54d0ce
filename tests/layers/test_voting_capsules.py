"""Fully connected capsules, whatever their routing."""

import keras
import numpy as np
from keras import ops

from tfapp.layers.voting_capsules import VotingCapsules

RNG = np.random.default_rng(0)
CHILDREN = RNG.normal(0, 1, (2, 5, 3)).astype("float32")


class MeanCapsule(VotingCapsules):
    """The simplest routing there is: every vote counts the same."""

    def build(self, input_shape):
        """Make the matrices."""
        self.add_kernel(input_shape, "glorot_uniform")

    def route(self, inputs):
        """Return the votes' mean."""
        return ops.mean(self.votes(inputs), axis=2), []


def test_a_vote_is_a_child_times_the_matrix_of_its_pair():
    """Votes equal loops over pictures, parents and children."""
    layer = MeanCapsule(4, 6)
    layer.build(CHILDREN.shape)
    votes = np.asarray(layer.votes(CHILDREN))
    kernel = layer.kernel.numpy()
    assert kernel.shape == (4, 5, 3, 6)
    for b, j, i in np.ndindex(2, 4, 5):
        np.testing.assert_allclose(
            votes[b, j, i], CHILDREN[b, i] @ kernel[j, i], atol=1e-5
        )


def test_a_new_routing_is_one_method():
    """A layer that defines `route` answers by it, in its dtype and of its shape."""
    layer = MeanCapsule(4, 6, dtype="mixed_bfloat16")
    answer = layer(CHILDREN)
    assert keras.backend.standardize_dtype(answer.dtype) == "bfloat16"
    assert answer.shape == layer.compute_output_shape(CHILDREN.shape) == (2, 4, 6)
    again = MeanCapsule.from_config(layer.get_config())
    assert (again.num_capsules, again.capsule_dim) == (4, 6)

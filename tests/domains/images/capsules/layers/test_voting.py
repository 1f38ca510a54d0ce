"""Fully connected capsules, whatever their routing."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfapp.domains.images.capsules.layers.voting import VotingCapsules

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


def test_the_sum_of_votes_is_that_of_all_children():
    """Computed without the votes, it equals them summed; so do its gradients."""
    layer = MeanCapsule(4, 6)
    layer.build(CHILDREN.shape)
    children = tf.constant(CHILDREN)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(children)
        summed = layer.sum_of_votes(children)
        votes = tf.reduce_sum(layer.votes(children), axis=2)
        ours, theirs = tf.reduce_sum(summed**3), tf.reduce_sum(votes**3)
    np.testing.assert_allclose(summed, votes, atol=1e-5)
    for source in (children, layer.kernel.value):
        found, expected = tape.gradient(ours, source), tape.gradient(theirs, source)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_new_routing_is_one_method():
    """A layer that defines `route` answers by it, in its dtype and of its shape."""
    layer = MeanCapsule(4, 6, dtype="mixed_bfloat16")
    answer = layer(CHILDREN)
    assert keras.backend.standardize_dtype(answer.dtype) == "bfloat16"
    assert answer.shape == layer.compute_output_shape(CHILDREN.shape) == (2, 4, 6)
    again = MeanCapsule.from_config(layer.get_config())
    assert (again.num_capsules, again.capsule_dim) == (4, 6)

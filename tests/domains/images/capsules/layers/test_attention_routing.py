"""Self-attention routing against loops over every pair of votes."""

import keras
import numpy as np
import tensorflow as tf

from tfapp.domains.images.capsules.layers.attention_routing import AttentionCapsule

RNG = np.random.default_rng(0)
CHILDREN = RNG.normal(0, 1, (2, 5, 3)).astype("float32")


def layer(**options):
    """A layer with a prior that is not zero."""
    made = AttentionCapsule(4, 6, **options)
    made.build(CHILDREN.shape)
    made.prior.assign(RNG.normal(0, 0.1, (4, 5)))
    return made


def test_shares_are_a_softmax_over_the_parents_of_summed_products():
    """Every vote is compared with every vote for the same parent, itself included."""
    attention = layer()
    votes = np.einsum("bid,jide->bjie", CHILDREN, attention.kernel.numpy())
    scores = np.zeros((2, 4, 5))
    for i in range(5):
        for k in range(5):
            scores[:, :, i] += (votes[:, :, i] * votes[:, :, k]).sum(-1)
    scores = np.exp(scores / np.sqrt(6))
    shares = scores / scores.sum(axis=1, keepdims=True) + attention.prior.numpy()
    totals = np.einsum("bji,bjie->bje", shares, votes)
    norm = np.linalg.norm(totals, axis=-1, keepdims=True)
    expected = (1 - np.exp(-norm)) * totals / norm
    found, (told,) = attention.route(tf.constant(CHILDREN))
    np.testing.assert_allclose(told, shares, atol=1e-5)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(attention(CHILDREN), expected, atol=1e-5)


def test_weights_of_the_paper():
    """16 capsules of 8 dimensions to 10 of 16, and a prior for each pair."""
    made = AttentionCapsule(10, 16)
    made.build((None, 16, 8))
    assert made.count_params() == 20_480 + 160


def test_mixed_precision_routes_in_float32():
    """The shares are exact where the votes are rounded."""
    mixed = layer(dtype="mixed_bfloat16")
    found, (shares,) = mixed.route(tf.cast(CHILDREN, tf.bfloat16))
    assert found.dtype == shares.dtype == tf.float32
    without = np.asarray(shares) - mixed.prior.numpy()
    np.testing.assert_allclose(without.sum(axis=1), 1, atol=1e-5)
    assert mixed(CHILDREN).dtype == tf.bfloat16


def test_configuration_is_complete():
    """A layer made from a configuration has the same one."""
    made = layer()
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(made)
    )
    assert again.get_config() == made.get_config()

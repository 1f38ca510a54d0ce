"""Dynamic routing against the loops of the paper's procedure 1."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.images.capsules.layers.dynamic_routing import (
    DenseCapsule,
    dynamic_routing,
)
from tfapp.domains.images.capsules.layers.squashing import squash

RNG = np.random.default_rng(0)
VOTES = RNG.normal(0, 1, (2, 3, 5, 4)).astype("float32")


def by_loops(votes, iterations):
    """Procedure 1, capsule by capsule; returns parents and every round's shares."""
    batch, parents, children, dim = votes.shape
    found, rounds = np.zeros((batch, parents, dim)), []
    for n in range(batch):
        b = np.zeros((children, parents))
        for _ in range(iterations):
            c = np.exp(b) / np.exp(b).sum(axis=1, keepdims=True)
            rounds.append(c.T.copy())
            for j in range(parents):
                s = sum(c[i, j] * votes[n, j, i] for i in range(children))
                norm = np.linalg.norm(s)
                found[n, j] = norm**2 / (1 + norm**2) * s / norm
            for i in range(children):
                for j in range(parents):
                    b[i, j] += votes[n, j, i] @ found[n, j]
    shaped = np.array(rounds).reshape(batch, iterations, parents, children)
    return found, shaped.transpose(1, 0, 2, 3)


@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
def test_routing_is_procedure_1(iterations):
    """Parents and coupling coefficients of every round are those of the loops."""
    found, couplings = dynamic_routing(VOTES, iterations)
    expected, rounds = by_loops(VOTES, iterations)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(couplings, rounds, atol=1e-5)


def test_shares_sum_to_one_over_the_parents_and_begin_equal():
    """Each child divides itself among the parents; a softmax over children is wrong."""
    _, couplings = dynamic_routing(VOTES, 3)
    for coupling in couplings:
        np.testing.assert_allclose(np.sum(coupling, axis=1), 1, atol=1e-6)
    ten = RNG.normal(0, 1, (1, 10, 6, 4)).astype("float32")
    np.testing.assert_allclose(dynamic_routing(ten, 1)[1][0], 0.1, atol=1e-7)


def test_the_order_of_the_children_does_not_matter():
    """Routing commutes with permuting the capsules below."""
    order = RNG.permutation(5)
    found, couplings = dynamic_routing(VOTES, 3)
    again, permuted = dynamic_routing(VOTES[:, :, order], 3)
    np.testing.assert_allclose(again, found, atol=1e-6)
    np.testing.assert_allclose(
        permuted[-1], np.asarray(couplings[-1])[:, :, order], atol=1e-6
    )


def test_agreement_sharpens_the_shares():
    """Where children agree on one parent, entropy falls with every round."""
    votes = RNG.normal(0, 0.1, (1, 3, 20, 4)).astype("float32")
    votes[:, 0] += 2.0
    _, couplings = dynamic_routing(votes, 4)
    entropy = [-(c * np.log(c)).sum() for c in map(np.asarray, couplings)]
    assert entropy == sorted(entropy, reverse=True)
    assert entropy[-1] < entropy[0]


def gradient(iterations, stop_gradient):
    """The gradient of the parents' squares with respect to the votes."""
    votes = tf.constant(VOTES)
    with tf.GradientTape() as tape:
        tape.watch(votes)
        found, _ = dynamic_routing(votes, iterations, stop_gradient=stop_gradient)
        total = tf.reduce_sum(found**2 * tf.range(1.0, 4.0)[:, None])
    return tape.gradient(total, votes).numpy()


def test_stopping_the_gradient_takes_the_last_shares_as_constants():
    """Without it the gradient flows through all rounds, as in the authors' code."""
    _, couplings = dynamic_routing(VOTES, 3)
    votes = tf.constant(VOTES)
    with tf.GradientTape() as tape:
        tape.watch(votes)
        totals = tf.einsum("bji,bjie->bje", tf.constant(couplings[-1]), votes)
        total = tf.reduce_sum(squash(totals) ** 2 * tf.range(1.0, 4.0)[:, None])
    expected = tape.gradient(total, votes).numpy()
    np.testing.assert_allclose(gradient(3, True), expected, atol=1e-5)
    assert np.abs(gradient(3, False) - expected).max() > 1e-3
    np.testing.assert_allclose(gradient(1, True), gradient(1, False), atol=1e-6)


def test_the_full_gradient_is_that_of_finite_differences():
    """Checked on some votes, in the direction of each."""

    def total(votes):
        found, _ = by_loops(votes.astype("float64"), 3)
        return (found**2 * np.arange(1, 4)[:, None]).sum()

    exact = gradient(3, False)
    for place in [(0, 0, 0, 0), (1, 2, 4, 3), (0, 1, 3, 2)]:
        step = np.zeros_like(VOTES, "float64")
        step[place] = 1e-4
        slope = (total(VOTES + step) - total(VOTES - step)) / 2e-4
        assert exact[place] == pytest.approx(slope, abs=1e-3)


def test_zero_votes_leave_every_gradient_finite():
    """Nothing is divided by the length of a zero vector."""
    votes = tf.zeros_like(VOTES)
    with tf.GradientTape() as tape:
        tape.watch(votes)
        found, _ = dynamic_routing(votes, 3)
    assert np.isfinite(tape.gradient(found, votes)).all()


def test_votes_in_bfloat16_are_routed_in_float32():
    """Shares stay near the exact ones and sum to one."""
    found, couplings = dynamic_routing(tf.cast(VOTES, tf.bfloat16), 3)
    exact, expected = dynamic_routing(VOTES, 3)
    assert found.dtype == couplings[-1].dtype == tf.float32
    np.testing.assert_allclose(found, exact, atol=0.03)
    np.testing.assert_allclose(couplings[-1], expected[-1], atol=0.03)


@pytest.mark.parametrize("stop_gradient", [False, True])
@pytest.mark.parametrize("iterations", [1, 3])
def test_a_known_sum_changes_nothing(iterations, stop_gradient):
    """Neither the parents nor, where the gradient stops, what they learn from."""
    votes = tf.constant(VOTES)
    grown = []
    for known in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(votes)
            total = tf.reduce_sum(votes, axis=2) if known else None
            found, _ = dynamic_routing(
                votes, iterations, total=total, stop_gradient=stop_gradient
            )
            score = tf.reduce_sum(found**2 * tf.range(1.0, 4.0)[:, None])
        grown.append((found, tape.gradient(score, votes)))
    np.testing.assert_allclose(grown[1][0], grown[0][0], atol=1e-6)
    np.testing.assert_allclose(grown[1][1], grown[0][1], atol=1e-6)


@pytest.mark.parametrize("use_bias", [False, True])
def test_layer_routes_transformed_children(use_bias):
    """Votes are the children times one matrix for every pair."""
    children = RNG.normal(0, 1, (2, 5, 3)).astype("float32")
    layer = DenseCapsule(4, 6, iterations=2, use_bias=use_bias)
    found = layer(children)
    kernel = layer.kernel.numpy()
    votes = np.einsum("bid,jide->bjie", children, kernel)
    expected, _ = dynamic_routing(votes, 2, bias=layer.bias)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert layer.count_params() == 4 * 5 * 3 * 6 + 24 * use_bias
    assert (np.linalg.norm(found, axis=-1) < 1).all()


def test_layer_of_the_paper_has_its_weights():
    """1,152 capsules of 8 dimensions to 10 of 16."""
    layer = DenseCapsule(10, 16)
    layer.build((None, 1152, 8))
    assert layer.count_params() == 1_474_560


def test_layer_under_mixed_precision_answers_in_bfloat16():
    """Its outputs join the other layers'."""
    layer = DenseCapsule(4, 6, dtype="mixed_bfloat16", use_bias=True)
    found = layer(RNG.normal(0, 1, (2, 5, 3)).astype("float32"))
    assert found.dtype == tf.bfloat16


def test_no_round_is_refused():
    """At least one is needed to have parents."""
    with pytest.raises(ValueError, match="`iterations` must be at least 1"):
        DenseCapsule(3, 4, iterations=0)


def test_configuration_is_complete():
    """A layer made from a configuration has the same one."""
    layer = DenseCapsule(3, 4, 2, True, True, name="caps")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.get_config() == layer.get_config()

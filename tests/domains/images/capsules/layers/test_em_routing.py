"""EM routing against the loops of the paper's procedure 1, in float64."""

import numpy as np
import tensorflow as tf

from tfapp.domains.images.capsules.layers.em_routing import (
    em_routing,
    fit_parents,
    log_likelihood,
)

RNG = np.random.default_rng(0)
CHILDREN, TYPES, DIM = 6, 3, 4
VOTES = RNG.normal(0, 1, (2, 1, TYPES, CHILDREN, DIM)).astype("float32")
ACTIVE = RNG.uniform(0.2, 1, (2, 1, CHILDREN)).astype("float32")
COSTS = (
    RNG.normal(0, 1, TYPES).astype("float32"),
    RNG.normal(0, 1, TYPES).astype("float32"),
)


def by_loops(votes, active, beta_u, beta_a, iterations):
    """Procedure 1 for one window, with probabilities instead of logarithms."""
    types, children, dim = votes.shape
    r = np.full((types, children), 1 / types)
    rounds = []
    for t in range(iterations):
        rounds.append(r.copy())
        temperature = 0.01 * (1 - 0.95 ** (t + 1))
        means, deviations = np.zeros((types, dim)), np.zeros((types, dim))
        a = np.zeros(types)
        for j in range(types):
            weight = r[j] * active
            cost = 0.0
            for h in range(dim):
                means[j, h] = (weight * votes[j, :, h]).sum() / weight.sum()
                off = (votes[j, :, h] - means[j, h]) ** 2
                deviations[j, h] = np.sqrt((weight * off).sum() / weight.sum())
                cost += (beta_u[j] + np.log(deviations[j, h])) * weight.sum()
            a[j] = 1 / (1 + np.exp(-temperature * (beta_a[j] - cost)))
        for i in range(children):
            p = np.ones(types)
            for j in range(types):
                for h in range(dim):
                    d = deviations[j, h]
                    off = (votes[j, i, h] - means[j, h]) ** 2
                    p[j] *= np.exp(-off / (2 * d**2)) / np.sqrt(2 * np.pi * d**2)
            r[:, i] = a * p / (a * p).sum()
    return means, a, rounds


def among_types(likely):
    """Divide each child among the types of its one window."""
    return tf.nn.log_softmax(likely, axis=2)


def route(votes=VOTES, iterations=3):
    """One window, whose types are all parents of every child."""
    start = np.float32(-np.log(TYPES))
    return em_routing(tf.constant(votes), ACTIVE, start, among_types, COSTS, iterations)


def test_routing_is_procedure_1():
    """Poses, activations and assignments of every iteration."""
    poses, active, assigned = route()
    for n in range(2):
        found = by_loops(
            VOTES[n, 0].astype("float64"), ACTIVE[n, 0].astype("float64"), *COSTS, 3
        )
        np.testing.assert_allclose(poses[n, 0], found[0], atol=1e-4)
        np.testing.assert_allclose(active[n, 0], found[1], atol=1e-5)
        np.testing.assert_allclose([a[n, 0] for a in assigned], found[2], atol=1e-4)


def test_assignments_sum_to_one_over_the_parents():
    """In every iteration, and equal in the first."""
    _, _, assigned = route()
    for shares in assigned:
        np.testing.assert_allclose(np.sum(shares, axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(assigned[0], 1 / TYPES, atol=1e-6)


def test_the_order_of_the_children_does_not_matter():
    """Routing commutes with permuting them."""
    order = RNG.permutation(CHILDREN)
    start = np.float32(-np.log(TYPES))
    poses, active, _ = em_routing(
        tf.constant(VOTES[:, :, :, order]),
        ACTIVE[:, :, order],
        start,
        among_types,
        COSTS,
        3,
    )
    np.testing.assert_allclose(poses, route()[0], atol=1e-4)
    np.testing.assert_allclose(active, route()[1], atol=1e-5)


def test_votes_that_agree_make_an_active_parent():
    """A tight cluster is cheap to describe."""
    votes = VOTES.copy()
    votes[:, :, 1] = 0.5 + RNG.normal(0, 0.001, votes[:, :, 1].shape)
    _, active, _ = em_routing(
        tf.constant(votes),
        ACTIVE,
        np.float32(-np.log(TYPES)),
        among_types,
        (np.zeros(TYPES, "float32"),) * 2,
        3,
    )
    assert (np.argmax(active, axis=-1) == 1).all()


def test_identical_votes_and_silent_children_stay_finite():
    """Variance zero and weight zero, with their gradients."""
    for votes, active in ((np.ones_like(VOTES), ACTIVE), (VOTES, 0 * ACTIVE)):
        tensor = tf.constant(votes)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            poses, found, _ = em_routing(
                tensor,
                active,
                np.float32(-np.log(TYPES)),
                among_types,
                COSTS,
                3,
            )
            total = tf.reduce_sum(poses) + tf.reduce_sum(found)
        assert np.isfinite(found).all()
        assert np.isfinite(tape.gradient(total, tensor)).all()


def test_log_likelihood_is_that_of_a_normal_distribution():
    """SciPy's, dimension by dimension."""
    from scipy.stats import norm

    weights = np.ones((2, 1, TYPES, CHILDREN), "float32")
    means, squares, variances, _ = fit_parents(VOTES, weights, COSTS, 0.01)
    found = log_likelihood(squares, variances)
    means, deviations = np.asarray(means), np.sqrt(variances)
    expected = norm.logpdf(VOTES, means[..., None, :], deviations[..., None, :]).sum(-1)
    np.testing.assert_allclose(found, expected, atol=1e-3)

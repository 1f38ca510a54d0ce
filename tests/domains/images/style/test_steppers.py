"""L-BFGS and Adam against scipy and the formulas of their papers."""

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from tfapp.domains.images.style.steppers import LBFGS, Adam

START = np.array([1.3, 0.7, 0.8, 1.9, 1.2])


def run(stepper, function, gradient, evaluations):
    """Let a stepper ask so often, and return its best value."""
    for _ in range(evaluations):
        stepper.give(function(stepper.point), gradient(stepper.point))
    return function(stepper.best())


def test_lbfgs_finds_the_minimum_as_scipy_does():
    """Of Rosenbrock's function both find the minimum, with like effort."""
    theirs = minimize(rosen, START, jac=rosen_der, method="L-BFGS-B")
    ours = LBFGS(START)
    assert run(ours, rosen, rosen_der, 2 * theirs.nfev) < 1e-8
    np.testing.assert_allclose(ours.best(), np.ones(5), atol=1e-3)


def test_lbfgs_is_as_good_as_scipy_on_an_ill_conditioned_bowl():
    """On 200 dimensions of condition 10,000 it comes as far in 100 evaluations."""
    scales = np.logspace(0, 4, 200)
    bowl = {"fun": lambda x: 0.5 * x @ (scales * x), "jac": lambda x: scales * x}
    start = np.ones(200)
    options = {"maxfun": 100, "maxiter": 1000, "ftol": 0.0, "gtol": 0.0}
    theirs = minimize(x0=start, method="L-BFGS-B", options=options, **bowl)
    assert run(LBFGS(start), bowl["fun"], bowl["jac"], 100) < 10 * theirs.fun


def test_lbfgs_never_ends_early():
    """At the minimum, and where values are not numbers, it goes on asking."""
    stepper = LBFGS(np.zeros(3))
    for _ in range(40):
        stepper.give(float(stepper.point @ stepper.point), 2 * stepper.point)
    assert np.isfinite(stepper.point).all()
    stepper = LBFGS(START)
    stepper.give(rosen(START), rosen_der(START))
    stepper.give(float("nan"), np.full(5, np.nan))
    assert run(stepper, rosen, rosen_der, 120) < 1e-6


def test_a_failing_line_search_drops_the_history():
    """A gradient that contradicts the values costs the history, not the search."""
    stepper = LBFGS(START)
    run(stepper, rosen, rosen_der, 10)
    assert stepper.pairs
    for _ in range(20):
        stepper.give(1e9, -rosen_der(stepper.point))
    assert stepper.restarts
    assert run(stepper, rosen, rosen_der, 150) < 1e-6


def test_adam_follows_its_paper():
    """Three steps equal those written out from Algorithm 1."""
    stepper, point = Adam(START, 0.1), START.copy()
    mean = square = 0.0
    for step in range(1, 4):
        gradient = rosen_der(point)
        stepper.give(rosen(point), gradient)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        ahead = mean / (1 - 0.9**step), square / (1 - 0.999**step)
        point = point - 0.1 * ahead[0] / (np.sqrt(ahead[1]) + 1e-12)
        np.testing.assert_allclose(stepper.point, point, rtol=1e-12)


@pytest.mark.parametrize("kind", [LBFGS, Adam])
def test_restored_steppers_go_on_alike(kind):
    """After any evaluation a copy of the state leads to the same points, to the bit."""
    one = kind(START)
    for _ in range(17):
        run(one, rosen, rosen_der, 1)
        other = kind(np.zeros(5))
        other.restore({k: np.copy(v) for k, v in one.state().items()})
        run(other, rosen, rosen_der, 1)
        ahead = kind(np.zeros(5))
        ahead.restore({k: np.copy(v) for k, v in one.state().items()})
        run(ahead, rosen, rosen_der, 1)
        np.testing.assert_array_equal(other.point, ahead.point)
    whole = kind(START)
    run(whole, rosen, rosen_der, 18)
    np.testing.assert_array_equal(other.point, whole.point)

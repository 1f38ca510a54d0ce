"""What the engine asks its data for."""

import numpy as np
import tensorflow as tf

from tests.training.conftest import make_dataset
from tfapp.training.passes import (
    DataPasses,
    PreparedPasses,
    WeightedPasses,
    stream,
)


def arrays(batches):
    """Return the batches as tuples of arrays."""
    return list(batches.as_numpy_iterator())


def test_a_pass_can_begin_anywhere():
    """Skipping gives the rest of the same pass; another epoch is another order."""
    passes = DataPasses(make_dataset(augmentation={"noise": 5}), seed=0)
    whole, rest = arrays(passes(1)), arrays(passes(1, skip=4))
    assert len(whole) == passes.steps == 6
    for mine, theirs in zip(rest, whole[4:], strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
        np.testing.assert_array_equal(mine[1], theirs[1])
    other = arrays(passes(2))
    assert any(np.any(a[1] != b[1]) for a, b in zip(whole, other, strict=True))


def test_every_example_carries_the_weight_of_its_class():
    """Weights follow the labels; a class without one counts once."""
    plain = DataPasses(make_dataset(), seed=0)
    weighted = WeightedPasses(plain, {1: 3.0})
    assert weighted.steps == plain.steps
    for _, labels, weights in arrays(weighted(0, 2)):
        np.testing.assert_array_equal(weights, np.where(labels[:, 1] == 1, 3.0, 1.0))


def test_a_stream_is_its_passes():
    """Several passes as one pipeline are, to the bit, the same as one by one."""
    plain = DataPasses(make_dataset(augmentation={"noise": 5}), seed=0)
    weighted = WeightedPasses(plain, {1: 3.0})
    for passes in (plain, PreparedPasses(weighted, lambda x, y: (x, {"y": y}))):
        one_by_one = arrays(passes(1, skip=4)) + arrays(passes(2)) + arrays(passes(3))
        streamed = arrays(stream(passes, 1, 4, 4))
        assert len(streamed) == len(one_by_one) == 2 + 6 + 6
        for mine, theirs in zip(streamed, one_by_one, strict=True):
            for one, other in zip(*map(tf.nest.flatten, (mine, theirs)), strict=True):
                np.testing.assert_array_equal(one, other)
    served = DataPasses(make_dataset(), seed=0, servers=("localhost:1",))
    assert stream(served, 0, 0, 2) is None

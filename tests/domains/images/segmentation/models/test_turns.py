"""Averages over turned and mirrored images against NumPy's turns."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.segmentation.models.turns import (
    PLAIN,
    TurnAverage,
    TurnedImages,
    averaged_over_turns,
)

IMAGES = np.random.default_rng(0).normal(0, 1, (2, 6, 6, 3)).astype("float32")


def positions(image, turns):
    """Yield an image (6, 6, 3) as it is turned by NumPy."""
    for quarters in (0, 2) if turns == 4 else range(4):
        turned = np.rot90(image, quarters)
        yield turned
        yield turned[:, ::-1]


@pytest.mark.parametrize("turns", [4, 8])
def test_every_position_is_there_once(turns):
    """4 are the mirrorings, 8 the whole symmetry of the square."""
    found = keras.ops.convert_to_numpy(TurnedImages(turns)(IMAGES))
    assert found.shape == (turns * 2, 6, 6, 3)
    for number in range(2):
        told = [found[2 * k + number] for k in range(turns)]
        expected = list(positions(IMAGES[number], turns))
        np.testing.assert_array_equal(told, expected)
        assert len({image.tobytes() for image in told}) == turns


@pytest.mark.parametrize("turns", [4, 8])
def test_answers_are_turned_back_and_their_probabilities_averaged(turns):
    """A network that answers with its input gives the mean of equals: the input."""
    found = TurnAverage(turns)(TurnedImages(turns)(IMAGES))
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(IMAGES))
    np.testing.assert_allclose(np.exp(found), expected, atol=1e-6)


def test_a_network_that_knows_left_from_right_no_longer_does():
    """What depends on the position alone is averaged out, in probabilities."""
    ramp = np.linspace(-3, 3, 6, dtype="float32")
    logits = np.zeros((8, 6, 6, 2), "float32")
    logits[..., 0] = ramp  # the same for all positions of one image
    found = np.exp(TurnAverage(8)(logits))[0, ..., 0]
    shares = 1 / (1 + np.exp(-ramp))
    grid = np.broadcast_to(shares, (6, 6))
    expected = np.mean([np.rot90(grid, k) for k in range(4)], axis=0)
    expected = (expected + expected[:, ::-1]) / 2
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_certain_answers_stay_finite():
    """A probability of zero has the logarithm of a very small one."""
    logits = np.zeros((4, 2, 2, 2), "float32")
    logits[..., 0] = 1e4
    found = np.asarray(TurnAverage(4, dtype="mixed_bfloat16")(logits))
    assert np.isfinite(found).all()
    assert found.dtype == np.float32
    assert found[..., 1].max() == pytest.approx(np.log(1e-7), abs=1e-4)


def test_one_turn_is_the_network_itself():
    """Several give two outputs, of which one learns."""
    inputs = keras.Input((6, 6, 3))
    network = keras.layers.Conv2D(2, 3, padding="same")
    assert tuple(averaged_over_turns(inputs, network, 1).shape) == (None, 6, 6, 2)
    outputs = averaged_over_turns(inputs, network, 8)
    model = keras.Model(inputs, outputs)
    np.testing.assert_array_equal(model(IMAGES)[PLAIN], network(IMAGES))
    assert model.count_params() == network.count_params()
    assert set(outputs) == {"plain", "logits"}


@pytest.mark.parametrize(
    ("shape", "turns", "message"),
    [
        ((6, 6, 3), 7, r"`turns` must be one of \[1, 4, 8\]. Received: 7"),
        ((6, 8, 3), 8, "needs square images. Received: 6x8 pixels. Set it to 4"),
    ],
)
def test_what_cannot_be_turned(shape, turns, message):
    """The error tells the numbers that there are."""
    with pytest.raises(ModelError, match=message):
        averaged_over_turns(keras.Input(shape), keras.layers.Conv2D(2, 1), turns)

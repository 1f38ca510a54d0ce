"""One sigmoid unit as two classes; binary cross-entropy is the oracle."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.layers.two_class_logits import TwoClassLogits, logits

Z = np.array([[-3.0], [0.0], [0.5], [40.0]], "float32")
LABELS = np.array([0, 1, 1, 0])


def test_softmax_is_the_sigmoid():
    """Probabilities of the second class are those of a sigmoid unit."""
    found = keras.ops.softmax(TwoClassLogits()(Z))
    np.testing.assert_allclose(found[:, 1], 1 / (1 + np.exp(-Z[:, 0])), rtol=1e-6)


def test_loss_is_binary_cross_entropy():
    """Categorical cross-entropy over the pair equals the binary one."""
    pair = keras.losses.categorical_crossentropy(
        np.eye(2, dtype="float32")[LABELS], TwoClassLogits()(Z), from_logits=True
    )
    single = keras.losses.binary_crossentropy(
        LABELS[:, None].astype("float32"), Z, from_logits=True
    )
    np.testing.assert_allclose(pair, single, rtol=1e-5, atol=1e-6)


def test_logits_of_either_kind():
    """A single logit has half the weights; both give one output per class."""
    features = keras.Input((5,))
    for single, weights in ((False, 12), (True, 6)):
        model = keras.Model(features, logits(features, 2, single_logit=single))
        assert model.output_shape == (None, 2)
        assert model.count_params() == weights


def test_other_than_two_classes_are_refused():
    """The error gives the number of classes and the way out."""
    with pytest.raises(ModelError, match="needs two classes, the data has 3"):
        logits(keras.Input((5,)), 3, single_logit=True)

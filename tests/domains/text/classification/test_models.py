"""Networks of texts: Kim's parameters, padding, the norm limit, weights of words."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.text.classification.explanation import word_weights
from tfapp.domains.text.classification.models.recurrent_classifier import (
    recurrent_classifier,
)
from tfapp.domains.text.classification.models.sentence_cnn import sentence_cnn
from tfapp.domains.text.classification.task import task
from tfapp.layers.outputs import logits_model


def info(length=12, size=20, classes=2, start=None):
    """Return the facts of texts."""
    spec = InputSpec((length,), "int32", size)
    return DataInfo(
        {"words": spec}, (), classes, tuple("abcd"[:classes]), "", start or {}
    )


def ngrams(size=20, classes=2):
    """Return keys, weights and bias of some words and pairs."""
    generator = np.random.default_rng(1)
    keys = np.array([2, 3, 5, 2 * size + 3, 3 * size + 5], np.int32)
    return keys, generator.normal(0, 1, (5, classes)), generator.normal(0, 1, classes)


WORDS = np.array([[2, 3, 5, 7, 11, 0, 0, 0, 0, 0, 0, 0], [3, 5, 1, *[2] * 9]])


def test_parameters_of_the_paper():
    """Kim's network has 360,902 weights besides the 18,767 vectors of 300 numbers."""
    model = sentence_cnn(info(56, 18_767))
    assert model.count_params() == 360_902 + 18_767 * 300


def test_filters_begin_within_a_range():
    """The range of the paper's code is kept; a negative one is refused."""
    model = sentence_cnn(info(), dims=8, filters=4, filter_range=0.01)
    largest = np.abs(model.get_layer("conv3").get_weights()[0]).max()
    assert 0.008 < largest <= 0.01
    with pytest.raises(ModelError, match="`filter_range` must be 0 or more"):
        sentence_cnn(info(), filter_range=-1.0)


@pytest.mark.parametrize(
    ("figure", "mode"), [("cross_entropy", "min"), ("accuracy", "max")]
)
def test_the_figure_that_chooses_the_epoch(figure, mode):
    """An option says which one does."""
    found = task(choose_by=figure)
    assert (found.monitor, found.mode) == (f"val_{figure}", mode)


def test_padding_stays_zero_and_columns_keep_their_norm():
    """Training moves neither the vector of padding nor a column beyond its limit."""
    model = sentence_cnn(info(), dims=8, filters=4, max_norm=0.5)
    layer = model.get_layer("random_vectors")
    layer.set_weights([np.vstack([np.full(8, 9.0), *layer.get_weights()[0][1:]])])
    np.testing.assert_array_equal(layer(WORDS)[0, 5:], 0)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(10.0), loss)
    model.fit(WORDS, np.eye(2), epochs=3, verbose=0)
    np.testing.assert_array_equal(layer.get_weights()[0][0], 9.0)
    norms = np.linalg.norm(model.get_layer("head").get_weights()[0], axis=0)
    assert norms.max() <= 0.5 + 1e-5


def test_texts_behind_their_end_do_not_count():
    """More padding changes no logit of a recurrent network."""
    short = recurrent_classifier(info(5), units=3, dims=4, word_dropout=0.5)
    long = recurrent_classifier(info(12), units=3, dims=4, word_dropout=0.5)
    long.set_weights(short.get_weights())
    np.testing.assert_allclose(long(WORDS[:1]), short(WORDS[:1, :5]), atol=1e-6)


def test_a_long_text_is_read_in_windows():
    """The features are the largest of those of each window, read by itself."""
    whole = recurrent_classifier(info(11), units=3, dims=4, window=5)
    window = recurrent_classifier(info(5), units=3, dims=4)
    window.set_weights(whole.get_weights())
    features = [
        keras.Model(model.input, model.get_layer("dropout").output)
        for model in (whole, window)
    ]
    pieces = [WORDS[:, :5], WORDS[:, 5:10], np.pad(WORDS[:, 10:11], [(0, 0), (0, 4)])]
    expected = np.max([features[1](piece) for piece in pieces], axis=0)
    np.testing.assert_allclose(features[0](WORDS[:, :11]), expected, atol=1e-6)
    logits, weights = word_weights(whole)(WORDS[:, :11])
    np.testing.assert_allclose(logits, whole(WORDS[:, :11]), atol=1e-6)
    assert weights.shape == (2, 11)


def test_a_network_next_to_ngrams_begins_with_their_answers():
    """Before training the logits are the share of the n-grams."""
    keys, weights, bias = ngrams()
    model = sentence_cnn(info(start={"ngrams": (keys, weights, bias)}), ngrams=0.25)
    expected = 0.25 * (weights[[0, 1, 2, 3, 4]].sum(axis=0) + bias)
    np.testing.assert_allclose(model(WORDS)["logits"][0], expected, atol=1e-5)
    np.testing.assert_allclose(model(WORDS)["network"], 0)


def test_words_weigh_what_leaving_them_out_takes_away():
    """All weights of a CNN together are the logit but for what biases give.

    Without biases the network is linear in the words that won the maximum, so the sum
    over the words of a text is the logit of its class, against the mean of all.
    """
    model = sentence_cnn(
        info(classes=3, start={"ngrams": ngrams(classes=3)}),
        dims=6,
        filters=5,
        ngrams=0.5,
    )
    generator = np.random.default_rng(0)
    head = model.get_layer("head")
    head.set_weights([generator.normal(0, 1, (15, 3)), np.zeros(3)])
    listed = model.get_layer("ngrams")
    listed.set_weights([*listed.get_weights()[:2], np.zeros(3)])
    logits, weights = word_weights(logits_model(model))(WORDS)
    best = np.argmax(logits, axis=1)
    score = np.take_along_axis(np.asarray(logits), best[:, None], 1)[:, 0]
    expected = score - np.mean(logits, axis=1)
    np.testing.assert_allclose(np.sum(weights, axis=1), expected, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(weights)[0, 5:], 0)

"""Beam search against a plain one in Python, alone and inside the decoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.text.translation.layers.decoder import AttentionDecoder
from tfapp.domains.text.translation.layers.search import beam_search
from tfapp.domains.text.translation.losses import ExactAccuracy

SYMBOLS, LENGTH, START = 5, 6, 5


def plain_search(score, beams, length):
    """Return the best sequences and their log-probabilities.

    Args:
        score: symbols so far → log-probabilities of the next one.
        beams: sequences that are kept.
        length: symbols at most.
    """
    kept = [((), 0.0)]
    for _ in range(length):
        continued = []
        for symbols, total in kept:
            if symbols and symbols[-1] == 0:
                continued.append((symbols, total))
                continue
            logs = score(symbols)
            continued += [((*symbols, i), total + logs[i]) for i in range(len(logs))]
        kept = sorted(continued, key=lambda pair: -pair[1])[:beams]
    return kept


def rank(kept, power):
    """Return sequences by log-probability over length, the end included, to a power."""

    def value(pair):
        symbols, total = pair
        count = len([s for s in symbols if s]) + 1
        return -total / count**power

    return sorted(kept, key=value)


def log_softmax(values):
    """Return logarithms of shares."""
    return values - np.log(np.exp(values).sum(axis=-1, keepdims=True))


@pytest.mark.slow
@pytest.mark.parametrize(("beams", "power"), [(1, 0.0), (3, 0.0), (4, 1.0)])
@pytest.mark.parametrize("compiled", [False, True])
def test_equals_a_plain_search(beams, power, compiled):
    """Of a table of what follows which, weighted by a state, each row alone."""
    random = np.random.default_rng(1)
    table = random.normal(0, 2, (SYMBOLS + 1, SYMBOLS)).astype("float32")
    begun = random.normal(0, 1, (7, SYMBOLS)).astype("float32")

    def step(last, states):
        logits = tf.gather(tf.constant(table), last) + states[0]
        return logits, [0.5 * states[0] + 0.1 * logits]

    def run(states):
        states = tf.repeat(states[:, tf.newaxis], beams, axis=1)
        return beam_search(
            step, [states], start=START, length=LENGTH, length_power=power
        )

    run = tf.function(run) if compiled else run
    ids, scores = run(tf.constant(begun))
    for row, state in enumerate(begun):

        def score(symbols, state=state):
            current, last = state, START
            for symbol in (*symbols, None):
                logits = table[last] + current
                current, last = 0.5 * current + 0.1 * logits, symbol
            return log_softmax(logits)

        expected = rank(plain_search(score, beams, LENGTH), power)
        for place, (symbols, total) in enumerate(expected):
            padded = [*symbols, *[0] * (LENGTH - len(symbols))]
            assert ids[row, place].numpy().tolist() == padded
            assert float(scores[row, place]) == pytest.approx(total, abs=1e-4)


@pytest.fixture(scope="module", params=["gru", "lstm"])
def decoder(request):
    """A small decoder with large random weights, and what it looks at."""
    keras.utils.set_random_seed(3)
    layer = AttentionDecoder(
        SYMBOLS, LENGTH, cell=request.param, units=4, embedding_units=3, beams=3
    )
    random = np.random.default_rng(3)
    source = np.array([[2, 3, 4], [2, 0, 0]], "int32")
    memory = random.normal(size=(2, 3, 6)).astype("float32")
    ending = random.normal(size=(2, 5)).astype("float32")
    layer(source, memory, ending)
    for weight in layer.weights:
        weight.assign(random.normal(0, 1, weight.shape))
    return layer, (source, memory, ending)


@pytest.mark.slow
def test_decoder_searches_as_its_teaching_says(decoder):
    """Step by step with states equals the logits of all places at once."""
    layer, given = decoder
    ids, scores = layer.search(*given)
    for row in range(2):

        def score(symbols, row=row):
            target = np.zeros((2, LENGTH), "int32")
            target[row, : len(symbols)] = symbols
            logits = layer.taught(*given, target)[0].numpy()
            return log_softmax(logits[row, len(symbols)])

        expected = plain_search(score, 3, LENGTH)
        for place, (symbols, total) in enumerate(expected):
            padded = [*symbols, *[0] * (LENGTH - len(symbols))]
            assert ids[row, place].numpy().tolist() == padded
            assert float(scores[row, place]) == pytest.approx(total, abs=1e-4)


def test_answers_of_the_layer(decoder):
    """The largest output of each place is the best sequence, of its probability."""
    layer, given = decoder
    ids, scores = layer.search(*given)
    logits = np.asarray(layer(*given))
    assert logits.shape == (2, LENGTH, SYMBOLS)
    np.testing.assert_array_equal(logits.argmax(-1), ids[:, 0])
    for row in range(2):
        symbols = ids[row, 0].numpy().tolist()
        end = symbols.index(0) + 1 if 0 in symbols else LENGTH
        total = logits[row].max(-1)[:end].sum()
        assert total == pytest.approx(float(scores[row, 0]), abs=1e-4)


@pytest.mark.slow
def test_one_loop_of_fixed_shapes(decoder):
    """The graph of a search holds one loop, and gives what the eager search gives."""
    layer, given = decoder
    form = [tf.TensorSpec((None, *value.shape[1:]), value.dtype) for value in given]
    search = tf.function(lambda *g: layer.search(*g), input_signature=form)
    operations = search.get_concrete_function().graph.get_operations()
    assert sum(o.type in ("While", "StatelessWhile") for o in operations) == 1
    for one, other in zip(search(*given), layer.search(*given), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_rows_of_a_batch_do_not_meet(decoder):
    """An example is answered alike alone and next to others."""
    layer, given = decoder
    together = layer.search(*given)
    alone = layer.search(*(value[1:] for value in given))
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one[1:], other, atol=1e-5)


def test_several_answers_and_hidden_symbols():
    """Several right answers are each taught as alone; hiding is for training alone."""
    keras.utils.set_random_seed(4)
    decoder = AttentionDecoder(SYMBOLS, LENGTH, units=4, symbol_dropout=0.9)
    random = np.random.default_rng(0)
    source = np.array([[1, 1, 0], [1, 1, 1]])
    memory = random.normal(0, 1, (2, 3, 5)).astype("float32")
    ending = memory.mean(axis=1)
    target = np.array([[[1, 2, 0], [3, 0, -1]], [[4, 0, -1], [-1, -1, -1]]])
    several = decoder(source, memory, ending, target=target)
    assert several.shape == (2, 2, 3, SYMBOLS)
    for place in (0, 1):
        alone = decoder(source, memory, ending, target=target[:, place])
        np.testing.assert_allclose(several[:, place], alone, atol=1e-6)
    hidden = decoder(source, memory, ending, target=target, training=True)
    assert np.abs(hidden - several)[..., 1:, :].max() > 1e-3
    exact = ExactAccuracy()
    exact.update_state(target, tf.one_hot(tf.maximum(target, 0), SYMBOLS))
    assert float(exact.result()) == 1
    exact.update_state(target[:1] * 0, several[:1] * 0 + [0, 1, 0, 0, 0])
    assert float(exact.result()) == pytest.approx(3 / 5), "an empty answer counts not"

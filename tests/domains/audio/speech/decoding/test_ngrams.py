"""N-grams in the search over prefixes: against a search in Python, and all texts."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.audio.speech.test_speech import all_texts
from tfapp.base.errors import ConfigError
from tfapp.domains.audio.speech.decoding.decoder import Decoder, beam_ids, read_decoder
from tfapp.domains.audio.speech.decoding.ngrams import (
    Ngrams,
    count_ngrams,
    require_small_table,
)
from tfapp.domains.audio.speech.decoding.prefix_search import search
from tfapp.domains.audio.speech.task import task

FRAMES, OUTPUTS = 8, 4


def language(text, table, order, *, ended):
    """Return the sum of the logarithms of a text's n-grams."""
    padded = [0] * (order - 1) + list(text) + [0] * ended
    rows = [
        (padded[at : at + order - 1], padded[at + order - 1])
        for at in range(len(padded) - order + 1)
    ]
    outputs = table.shape[1]
    places = [(sum(c * outputs**k for k, c in enumerate(r[::-1])), t) for r, t in rows]
    return sum(float(table[place]) for place in places)


def searched(logits, width, table, order):
    """Search over prefixes in plain Python; return the best text."""
    shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    beams = {(): (0.0, -np.inf)}
    for share in shares:
        grown = defaultdict(lambda: [-np.inf, -np.inf])
        for text, (blank, token) in beams.items():
            both = np.logaddexp(blank, token)
            own = grown[text]
            own[0] = np.logaddexp(own[0], both + share[0])
            for k in range(1, len(share)):
                again = bool(text) and text[-1] == k
                if again:
                    own[1] = np.logaddexp(own[1], token + share[k])
                further = grown[(*text, k)]
                before = blank if again else both
                further[1] = np.logaddexp(further[1], before + share[k])
        rank = {
            t: np.logaddexp(*p) + language(t, table, order, ended=False)
            for t, p in grown.items()
        }
        best = sorted(rank, key=rank.get, reverse=True)[:width]
        beams = {text: tuple(grown[text]) for text in best}
    final = {
        t: np.logaddexp(*p) + language(t, table, order, ended=True)
        for t, p in beams.items()
    }
    return max(final, key=final.get)


NIGHTLY = [pytest.mark.slow, pytest.mark.nightly]


@pytest.mark.parametrize(
    ("cases", "order", "width"),
    [
        (20, 3, 4),
        pytest.param(1000, 1, 12, marks=NIGHTLY),
        pytest.param(1000, 2, 3, marks=NIGHTLY),
        pytest.param(1000, 3, 8, marks=NIGHTLY),
    ],
)
def test_search_in_graph_equals_python(cases, order, width):
    """The graph finds the text that a search in Python does, narrow or wide."""
    generator = np.random.default_rng(order)
    texts = [generator.integers(1, OUTPUTS, generator.integers(1, 6)) for _ in "a" * 9]
    table = count_ngrams(texts, order, 0.8).logarithms(OUTPUTS)
    run = tf.function(lambda logits: search(logits, width, table))
    logits = generator.normal(0, 2, (cases, FRAMES, OUTPUTS)).astype(np.float32)
    for own, answer in zip(logits, run(logits).to_list(), strict=True):
        assert tuple(answer) == searched(own, width, table, order)


def test_a_wide_search_finds_the_best_of_all_texts():
    """Probability over all paths and n-grams decide together, or the first alone."""
    generator = np.random.default_rng(5)
    ngrams = count_ngrams([[1, 2], [1, 2, 1], [2]], 2, 1.5)
    table = ngrams.logarithms(3)
    logits = generator.normal(0, 1.5, (12, 5, 3)).astype(np.float32)
    found = search(tf.constant(logits), 70, table).to_list()
    for own, answer in zip(logits, found, strict=True):
        texts = all_texts(own)
        score = {
            t: np.log(p) + language(t, table, 2, ended=True) for t, p in texts.items()
        }
        assert tuple(answer) == max(score, key=score.get)
    plain = search(tf.constant(logits), 70, 0 * table).to_list()
    assert plain == beam_ids(tf.constant(logits), 70).to_list()


def test_probabilities_of_tokens():
    """Each context's probabilities sum to 1; counts decide, unseen tokens get some."""
    ngrams = count_ngrams([[1, 2], [1, 2], [1, 3]], 2, 1.0)
    shares = np.exp(ngrams.logarithms(5))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-6)
    # Behind 1: three tokens of two kinds; by itself 2 is 2 of 9 of four kinds.
    single = (2 + 4 * 0.2) / (9 + 4)
    assert shares[1, 2] == pytest.approx((2 + 2 * single) / (3 + 2))
    assert shares[4] == pytest.approx(shares[4] / shares[4].sum())
    assert (shares > 0).all()


def test_longest_ngrams_are_those_of_python():
    """Three tokens in a row: smoothing in plain loops gives the same."""
    texts = [[1, 2, 2], [2, 1], [1, 2, 1, 2]]
    padded = [[0, 0, *text, 0] for text in texts]
    seen = [tuple(p[i : i + 3]) for p in padded for i in range(len(p) - 2)]

    def share(context, token):
        if context is None:
            return 1 / 3
        own = [g for g in seen if g[2 - len(context) : 2] == context]
        lower = share(context[1:] if context else None, token)
        if not own:
            return lower
        kinds = len({g[2] for g in own})
        hits = sum(g[2] == token for g in own)
        return (hits + kinds * lower) / (len(own) + kinds)

    table = np.exp(count_ngrams(texts, 3, 1.0).logarithms(3)).reshape(3, 3, 3)
    for a, b, c in itertools.product(range(3), repeat=3):
        assert table[a, b, c] == pytest.approx(share((a, b), c), rel=1e-5)


def test_kept_with_the_model_and_refused():
    """What is described is read again; too large a table and no search are refused."""
    decoder = Decoder(4, count_ngrams([[1, 2]], 2, 0.3))
    read = read_decoder(decoder.describe())
    assert read == decoder
    assert isinstance(read.ngrams, Ngrams)
    for width in (0, 3):
        assert read_decoder(Decoder(width).describe()) == Decoder(width)
    with pytest.raises(ConfigError, match=r"`task_options.ngram` = 5 with 30 outputs"):
        require_small_table(5, 30)
    with pytest.raises(ConfigError, match=r"set `task_options.beam_width`"):
        task(ngram=2)

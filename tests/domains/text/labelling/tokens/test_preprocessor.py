"""Raw sentences to tokens and ids, in the graph."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.text.labelling.dataset import given_tokens, learn_vocabulary
from tfapp.domains.text.labelling.reading.spec import Sentence
from tfapp.domains.text.labelling.tokens import features
from tfapp.domains.text.labelling.tokens.preprocessor import (
    SentencePreprocessor,
    read_preprocessor,
)

WORDS = ("I", "do", "n't", "it", ":-)", "U.S.", "1999", "ünï", "it")


@pytest.fixture(scope="module")
def preprocessor():
    """One with a few words, twice seen so that their parts count."""
    sentence = Sentence(WORDS, ("X",) * len(WORDS))
    return SentencePreprocessor(learn_vocabulary([sentence, sentence], ("it", "us")))


def tokens(preprocessor, *texts):
    """Return the tokens of texts as lists, without padding."""
    found = preprocessor.tokens({"text": tf.constant(texts)}).numpy()
    return [[token.decode() for token in row if token] for row in found]


def test_raw_texts(preprocessor):
    """Marks are parted from words, known words stay, any script and nothing at all."""
    found = tokens(
        preprocessor,
        'I don\'t do it (really), in the U.S. "now!" :-)',
        "  it's   fine... ",
        "",
        " \n ",
        "שלום 😀 你好。",
        "a\x1fb",
    )
    assert found == [
        [
            *"I do n't do it ( really ) , in the U.S.".split(),
            '"',
            "now",
            "!",
            '"',
            ":-)",
        ],
        ["it", "'s", "fine", "..."],
        [],
        [],
        ["שלום", "😀", "你好", "。"],
        ["a", "b"],
    ]


def test_given_tokens(preprocessor):
    """Tokens between tabs stay as they are, single ones too."""
    rows = [("don't", "(x)"), ("it's",), ("ice cream", "!")]
    assert tokens(preprocessor, *map(given_tokens, rows)) == [list(r) for r in rows]


def test_ids(preprocessor):
    """0 for padding, 1 for what is new; case and digits of words do not matter."""
    ids = preprocessor({"text": tf.constant(["IT 2024 new\t".replace(" ", "\t"), "I"])})
    words = ids["words"].numpy()
    names = preprocessor.vocabulary.words
    assert words[0, 0] == names.index("it") + 2
    assert words[0, 1] == names.index("0000") + 2
    assert words[0].tolist()[2:] == [1]
    assert words[1].tolist()[1:] == [0, 0]
    for name, value in ids.items():
        assert value.dtype == tf.int32
        assert (value.numpy()[1, 1:] == 0).all(), name
        assert value.numpy().max() < preprocessor.sizes[name]
    assert ids["vectors"].numpy()[0].tolist() == [2, 1, 1]
    assert ids["characters"].shape == (2, 3, features.CHARACTERS)


def test_parts_of_words():
    """Affixes and shapes against Python's own strings."""
    words = ["Übergröße", "A1", "x", "U.S.-based", "naïve😀", "McDONALD"]
    found = features.pieces(tf.constant(words)).numpy()
    for word, row in zip(words, found, strict=True):
        lower = "".join("0" if c.isdigit() else c for c in word.lower())
        expected = {f"p{n}{lower[:n]}" for n in range(1, 6)}
        expected |= {f"s{n}{lower[-n:]}" for n in range(1, 6)}
        parts = {part.decode() for part in row}
        assert {p for p in parts if p[0] != "#"} == expected
    shapes = [row[-1].decode() for row in found]
    assert shapes == ["#Xxx", "#Xd", "#x", "#X.X.-xx", "#xx😀", "#XxXX"]


def test_characters_of_long_words():
    """The first and the last dozen; bytes that are no UTF-8 break nothing."""
    word = "abcdefghijklmnopqrstuvwxyz0123456789"
    points = features.code_points(tf.constant([word, "ab", b"\xff\xfe"])).numpy()
    assert "".join(map(chr, points[0])) == word[:12] + word[-12:]
    assert points[1].tolist() == [97, 98] + [0] * 22
    assert points[2].max() == 0xFFFD


def test_description(preprocessor):
    """What is described and read again gives the same ids."""
    again = read_preprocessor(preprocessor.describe())
    text = {"text": tf.constant(["I do it, ünï! 1999"])}
    for name, value in preprocessor(text).items():
        np.testing.assert_array_equal(again(text)[name], value)

"""Raw strings to words, in TensorFlow operations: training and serving share them."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tfapp.base.errors import UnknownNameError

MOST_BYTES = 200_000
"""Of a text; what comes behind is not read."""
ALONE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters of scripts without spaces between words: each is a word of its own."""
MARK = "\x01"
"""Stands for the apostrophe of a contraction while others are set apart."""
CONTRACTIONS = (
    (r"n['’]t(\s|[^\p{L}\p{N}]|$)", rf" n{MARK}t\1"),
    (r"['’](s|ve|re|d|ll|m)(\s|[^\p{L}\p{N}]|$)", rf" {MARK}\1\2"),
)

CLEANING = (
    (r"[^A-Za-z0-9(),!?'`]", " "),
    (r"'s", " 's"),
    (r"'ve", " 've"),
    (r"n't", " n't"),
    (r"'re", " 're"),
    (r"'d", " 'd"),
    (r"'ll", " 'll"),
    (r"([,!()?])", r" \1 "),
)
"""Kim's clean_str."""


def words(texts: Any) -> Any:
    """Return words in small letters; punctuation marks and emoji are words too.

    Letters, digits and combining marks of any script make words. English contractions
    are cut as in the vocabulary of GloVe: "don't" is "do", "n't". Characters without
    a shape of their own, such as marks of direction and joiners, are dropped.

    Args:
        texts: string tensor (batch,), UTF-8.

    Returns:
        Ragged string tensor (batch, words).
    """
    texts = tf.strings.lower(_cut(texts), encoding="utf-8")
    texts = tf.strings.regex_replace(texts, r"[\p{Cf}\x{FE0F}]", "")
    for pattern, replacement in CONTRACTIONS:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    texts = tf.strings.regex_replace(
        texts, rf"([^\p{{L}}\p{{M}}\p{{N}}\s_{MARK}]|{ALONE})", r" \1 "
    )
    return tf.strings.split(tf.strings.regex_replace(texts, MARK, "'"))


def kim(texts: Any) -> Any:
    """Return words as Kim's clean_str makes them: ASCII letters, digits, (),!?'`.

    Args:
        texts: string tensor (batch,), UTF-8.

    Returns:
        Ragged string tensor (batch, words).

    References:
        Kim, Convolutional Neural Networks for Sentence Classification, 2014,
        https://github.com/yoonkim/CNN_sentence (process_data.py).
    """
    texts = _cut(texts)
    for pattern, replacement in CLEANING:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return tf.strings.split(tf.strings.lower(texts))


def spaces(texts: Any) -> Any:
    """Return what stands between spaces, as it is: for texts that are cut already."""
    return tf.strings.split(_cut(texts))


def characters(texts: Any) -> Any:
    """Return the characters, without spaces around the text."""
    return tf.strings.unicode_split(tf.strings.strip(_cut(texts)), "UTF-8")


TOKENIZERS: dict[str, Callable[[Any], Any]] = {
    "words": words,
    "kim": kim,
    "spaces": spaces,
    "characters": characters,
}


def tokenizer(name: str) -> Callable[[Any], Any]:
    """Return a tokenizer by its name.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in TOKENIZERS:
        raise UnknownNameError("tokenizer", name, TOKENIZERS)
    return TOKENIZERS[name]


def tokenized(name: str, texts: Sequence[str], batch: int = 1024) -> list[list[str]]:
    """Return the words of texts in memory, by the very operations of the graph.

    Args:
        name: of the tokenizer.
        texts: any number of them.
        batch: texts at a time.
    """
    cut, result = tokenizer(name), []
    with tf.device("CPU"):
        for start in range(0, len(texts), batch):
            part = [
                text.encode(errors="replace") for text in texts[start : start + batch]
            ]
            for row in cut(tf.constant(part, tf.string)).to_list():
                result.append([word.decode() for word in row])
    return result


def _cut(texts: Any) -> Any:
    """Return valid UTF-8 without control characters, of very long texts the beginning.

    A zero byte would end the text for the operations that follow.
    """
    return tf.strings.unicode_transcode(
        tf.strings.substr(texts, 0, MOST_BYTES),
        *("UTF-8", "UTF-8"),
        errors="replace",
        replacement_char=ord(" "),
        replace_control_characters=True,
    )

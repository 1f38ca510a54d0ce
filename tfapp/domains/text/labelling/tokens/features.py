"""What a network sees of a token, in TensorFlow operations.

Args of all functions: `tokens`, string tensor (n,), UTF-8.
"""

from typing import Any

import tensorflow as tf

AFFIX_LENGTHS = (1, 2, 3, 4, 5)
HALF = 12
CHARACTERS = 2 * HALF
"""Characters of a token that are seen: the first and the last dozen."""


def normalized(tokens: Any) -> Any:
    """Return tokens in small letters, with 0 for every digit."""
    lower = tf.strings.lower(tokens, encoding="utf-8")
    return tf.strings.regex_replace(lower, r"\p{Nd}", "0")


def pieces(tokens: Any) -> Any:
    """Return prefixes and suffixes of 1 to 5 characters and the shape.

    Returns:
        String tensor (n, 11), such as "p2un", "s3ing", "#Xx"; of a token shorter than
        an affix, the whole token.
    """
    lower = normalized(tokens)
    length = tf.strings.length(lower, unit="UTF8_CHAR")
    found = []
    for size in AFFIX_LENGTHS:
        start = tf.maximum(length - size, 0)
        whole = tf.fill(tf.shape(length), size)
        prefix = tf.strings.substr(lower, tf.zeros_like(length), whole, "UTF8_CHAR")
        suffix = tf.strings.substr(lower, start, whole, "UTF8_CHAR")
        found += [
            tf.strings.join([f"p{size}", prefix]),
            tf.strings.join([f"s{size}", suffix]),
        ]
    return tf.stack([*found, tf.strings.join(["#", shape(tokens)])], axis=1)


def shape(tokens: Any) -> Any:
    """Return tokens with X, x and d for letters and digits, runs cut to two."""
    for pattern, by in (
        (r"\p{Lu}", "X"),
        (r"[^\P{L}X]", "x"),
        (r"\p{Nd}", "d"),
        ("XX+", "XX"),
        ("xx+", "xx"),
        ("dd+", "dd"),
    ):
        tokens = tf.strings.regex_replace(tokens, pattern, by)
    return tokens


def code_points(tokens: Any) -> Any:
    """Return the first and the last dozen characters, int32 (n, 24), 0 behind them.

    Bytes that are no UTF-8 become U+FFFD.
    """
    points = tf.strings.unicode_decode(tokens, "UTF-8")
    ends = tf.concat([points[:, :HALF], points[:, HALF:][:, -HALF:]], axis=1)
    return ends.to_tensor(shape=(None, CHARACTERS))

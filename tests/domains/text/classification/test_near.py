"""Near copies, against a comparison of every pair."""

import numpy as np

from tfapp.domains.text.classification.near import ALIKE, near_texts


def share(one, other):
    """Return the share of common words and pairs of two texts without numbers."""
    pieces = []
    for text in (one, other):
        words = text.lower().split()
        pieces.append({*words, *zip(words, words[1:], strict=False)})
    return len(pieces[0] & pieces[1]) / len(pieces[0] | pieces[1])


def test_pairs_are_those_of_all_comparisons():
    """Of texts that differ in single words, the alike ones are found, no others."""
    generator = np.random.default_rng(0)
    words = [f"w{'abcdefghij'[i // 10]}{'abcdefghij'[i % 10]}" for i in range(100)]
    base = [list(generator.choice(words, 20)) for _ in range(40)]
    copies = [[*text[:-2], "other", text[-1]] for text in base[:20]]
    texts = [" ".join(text) for text in base + copies]
    expected = {
        (i, j)
        for i in range(60)
        for j in range(i + 1, 60)
        if share(texts[i], texts[j]) >= ALIKE
    }
    assert {(p.first, p.second) for p in near_texts(texts)} == expected
    assert len(expected) == 20


def test_numbers_and_punctuation_make_no_difference():
    """A template filled with other numbers is one text; single words are none."""
    texts = [
        "You won 500 pounds, call 0900!",
        "you won 1000 pounds; call 0800",
        "ok",
        "ok",
    ]
    (pair,) = near_texts(texts)
    assert (pair.first, pair.second, pair.share) == (0, 1, 1.0)
    assert near_texts([]) == []

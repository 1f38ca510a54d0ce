"""BLEU against sacrebleu's, on the same words."""

import numpy as np
import pytest
import sacrebleu

from tfapp.domains.images.captioning.evaluation.bleu import (
    bleu_counts,
    bleu_interval,
    corpus_bleu,
)

WORDS = "a red blue dog on the grass runs".split()


def corpus(random, photos, longest, references):
    """Return random answers with one to so many references each."""
    made = []
    for _ in range(photos):
        texts = [
            tuple(random.choice(WORDS, random.integers(1, longest + 1)).tolist())
            for _ in range(1 + random.integers(1, references + 1))
        ]
        made.append((texts[0], texts[1:]))
    return made


def theirs(made):
    """Return sacrebleu's figure of answers with references, of 1."""
    most = max(len(references) for _, references in made)
    streams = [
        [" ".join(r[i]) if i < len(r) else None for _, r in made] for i in range(most)
    ]
    answers = [" ".join(answer) for answer, _ in made]
    return sacrebleu.corpus_bleu(answers, streams, tokenize="none").score / 100


@pytest.mark.parametrize(
    ("seed", "photos", "longest", "references"),
    [(0, 40, 14, 1), (1, 40, 14, 5), (2, 3, 6, 2), (3, 2, 4, 1), (4, 1, 3, 2)],
)
def test_equals_sacrebleu(seed, photos, longest, references):
    """Also where long runs are never shared, and where an answer is too short."""
    made = corpus(np.random.default_rng(seed), photos, longest, references)
    sums = np.sum([bleu_counts(*pair) for pair in made], axis=0)
    assert float(corpus_bleu(sums)) == pytest.approx(theirs(made), abs=1e-9)


def test_right_empty_and_foreign_answers():
    """Perfect captions have 1, empty ones and those without a shared word have 0."""
    right = tuple("a red dog runs on the grass".split())
    made = [(right, [right, right[:5]])]
    assert float(corpus_bleu(bleu_counts(*made[0]))) == pytest.approx(theirs(made)) == 1
    assert float(corpus_bleu(bleu_counts((), [right]))) == 0
    foreign = [(("x",) * 7, [right])]
    assert float(corpus_bleu(bleu_counts(*foreign[0]))) == theirs(foreign) == 0


def test_interval():
    """It holds the figure, and is narrow where all photos are alike."""
    made = corpus(np.random.default_rng(5), 60, 14, 2)
    counts = np.stack([bleu_counts(*pair) for pair in made])
    low, high = bleu_interval(counts)
    assert low < float(corpus_bleu(counts.sum(axis=0))) < high
    same = np.stack([counts[0] + 1] * 9)
    assert np.ptp(bleu_interval(same)) == pytest.approx(0)

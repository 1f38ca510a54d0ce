"""BLEU: how many runs of words an answer shares with what people wrote."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tfapp.domains.text.translation.dataset import Symbols

ORDERS = 4
"""Longest runs of words that count: those of BLEU-4."""
ANSWER, REFERENCE = 2 * ORDERS, 2 * ORDERS + 1
"""Columns of the lengths; see `bleu_counts`."""
RESAMPLED = 1000


def bleu_counts(answer: Symbols, references: Sequence[Symbols]) -> np.ndarray:
    """Return what one answer adds to a corpus BLEU.

    Args:
        answer: its words.
        references: right answers, at least one.

    Returns:
        Int64 (10,): shared runs of 1 to 4 words, each as often as one reference has it
        at most; all runs of 1 to 4 words; the words of the answer, and those of the
        reference whose length is nearest, the shorter one of two.
    """
    shared, every = [], []
    for size in range(1, ORDERS + 1):
        own, most = _runs(answer, size), Counter[Symbols]()
        for reference in references:
            most |= _runs(reference, size)
        shared.append((own & most).total())
        every.append(own.total())
    lengths = sorted(map(len, references))
    nearest = min(lengths, key=lambda length: abs(length - len(answer)))
    return np.array([*shared, *every, len(answer), nearest], np.int64)


def corpus_bleu(counts: np.ndarray) -> np.ndarray:
    """Return BLEU-4 in [0, 1] of sums of counts, as sacrebleu's default computes it.

    An order without a shared run counts as a half of one, the next such order as a
    quarter, and so on ("exp" smoothing).

    Args:
        counts: sums over answers of `bleu_counts`, (…, 10).

    Returns:
        Float64 (…).

    References:
        Papineni et al., BLEU: a Method for Automatic Evaluation of Machine Translation,
        ACL 2002; Post, A Call for Clarity in Reporting BLEU Scores, 2018,
        https://github.com/mjpost/sacrebleu
    """
    counts = np.asarray(counts, np.float64)
    shared, every = counts[..., :ORDERS], counts[..., ORDERS : 2 * ORDERS]
    missing = shared == 0
    halvings = np.cumsum(missing, axis=-1)
    counted = np.where(missing, 0.5**halvings, shared)
    means = np.exp(np.log(counted / np.maximum(every, 1)).mean(axis=-1))
    longer = counts[..., REFERENCE] / np.maximum(counts[..., ANSWER], 1)
    brevity = np.exp(np.minimum(0, 1 - longer))
    possible = (every > 0).all(axis=-1) & (shared > 0).any(axis=-1)
    return np.where(possible, brevity * means, 0.0)


def bleu_interval(counts: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of a corpus BLEU, by drawing examples with replacement.

    Args:
        counts: of every example, (examples, 10).
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    count = len(counts)
    draws = random.multinomial(count, np.full(count, 1 / count), RESAMPLED)
    low, high = np.percentile(corpus_bleu(draws @ counts), (2.5, 97.5))
    return float(low), float(high)


def _runs(words: Symbols, size: int) -> Counter[Symbols]:
    """Return how often each run of so many words occurs."""
    return Counter(words[i : i + size] for i in range(len(words) - size + 1))

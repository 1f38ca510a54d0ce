"""A linear classifier of words and pairs of words, weighted by naive Bayes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from tfapp.domains.text.words.vocabulary import FIRST_WORD
from tfapp.problems.classification.calibration import log_losses

STRENGTHS = (0.1, 0.3, 1.0, 3.0)
"""Inverse penalties that are tried on the validation split; 1 without one."""
USUAL = 1.0
SMOOTHING = 1.0
"""Added to the counts of naive Bayes."""
MOST_WEIGHTS = 4_000_000
"""Weights of all classes together; of more n-grams the rarest are left out."""
TEXTS_AT_A_TIME = 4096

Rows = tuple[np.ndarray, np.ndarray]
"""Numbers of words (texts, length), and class indices (texts,)."""


@dataclass(frozen=True)
class NgramSolution:
    """Weights of n-grams.

    Args:
        keys: int32 array (n-grams,), increasing; see `ngram_keys`. Those that only
            validation texts have weigh nothing.
        weights: float32 array (n-grams, classes).
        bias: float32 array (classes,).
        strength: inverse penalty that was chosen.
    """

    keys: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    strength: float

    def logits(self, words: np.ndarray, num_values: int) -> np.ndarray:
        """Return float array (texts, classes) for numbers of words (texts, length)."""
        scores = counted(words, num_values, self.keys) @ self.weights + self.bias
        return np.asarray(scores)

    def fitted_again(self, rows: Rows, num_values: int) -> "NgramSolution":
        """Return weights of the same n-grams, penalised alike, for other texts."""
        return _solutions(self.keys, rows, num_values, self.weights.shape[1])(
            self.strength
        )


def ngram_keys(words: np.ndarray, num_values: int) -> np.ndarray:
    """Return a number for every word and every pair of neighbours, -1 for none.

    A word has its own number, a pair first * num_values + second. Padding and unknown
    words make no n-gram.

    Args:
        words: int array (texts, length).
        num_values: how many different numbers of words there are.

    Returns:
        int64 array (texts, 2 length - 1).
    """
    words = words.astype(np.int64)
    first, second = words[:, :-1], words[:, 1:]
    known = (first >= FIRST_WORD) & (second >= FIRST_WORD)
    pairs = np.where(known, first * num_values + second, -1)
    return np.concatenate([np.where(words >= FIRST_WORD, words, -1), pairs], axis=1)


def counted(words: np.ndarray, num_values: int, keys: np.ndarray) -> Any:
    """Return how often each n-gram occurs, sparse float32 (texts, n-grams)."""
    parts = []
    for part in _parts(words):
        found = ngram_keys(part, num_values)
        place = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
        rows, columns = np.nonzero(keys[place] == found)
        ones = np.ones(len(rows), np.float32)
        counts = (ones, (rows, place[rows, columns]))
        parts.append(scipy.sparse.csr_matrix(counts, (len(part), len(keys))))
    return scipy.sparse.vstack(parts, format="csr")


def fit_ngrams(
    train: Rows, validation: Rows | None, num_values: int, num_classes: int
) -> NgramSolution:
    """Fit a logistic regression whose features are scaled by naive Bayes.

    Of each class against the others, an n-gram's count is multiplied by the logarithm
    of the ratio of its frequencies in the two. The penalty is the one of the least
    log loss on the validation split.

    Args:
        train: texts to learn from, of two classes at least.
        validation: texts to choose the penalty by, None for the usual one.
        num_values: how many different numbers of words there are.
        num_classes: of the data.

    References:
        Wang & Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic
        Classification, 2012, https://aclanthology.org/P12-2018.
    """
    parts = [train[0]] if validation is None else [train[0], validation[0]]
    keys = _frequent(np.concatenate(parts), num_values, MOST_WEIGHTS // num_classes)
    solve = _solutions(keys, train, num_values, num_classes)
    if validation is None or not len(validation[1]):
        return solve(USUAL)
    solutions = [solve(strength) for strength in STRENGTHS]
    losses = [
        log_losses(s.logits(validation[0], num_values), validation[1]).mean()
        for s in solutions
    ]
    return solutions[int(np.argmin(losses))]


def naive_bayes(
    train: Rows, test: np.ndarray, num_values: int, num_classes: int
) -> Any:
    """Return the classes that multinomial naive Bayes gives texts, by single words.

    Args:
        train: texts to learn from.
        test: numbers of words (texts, length).
        num_values: how many different numbers of words there are.
        num_classes: of the data.
    """
    keys = np.arange(FIRST_WORD, max(num_values, FIRST_WORD + 1))
    weights, bias = bayes_weights(train, keys, num_values, num_classes)
    scores = counted(test, num_values, keys) @ weights + bias
    return np.asarray(scores).argmax(axis=1)


def bayes_weights(
    train: Rows, keys: np.ndarray, num_values: int, num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what multinomial naive Bayes adds for each n-gram, and its bias.

    Args:
        train: texts to learn from.
        keys: of the n-grams that count; see `ngram_keys`.
        num_values: how many different numbers of words there are.
        num_classes: of the data.

    Returns:
        Float arrays (n-grams, classes) and (classes,), logarithms of probabilities but
        for what all classes have in common.
    """
    words, labels = train
    features = counted(words, num_values, keys)
    counts = np.stack([_sums(features, labels == c) for c in range(num_classes)], 1)
    counts += SMOOTHING
    priors = np.bincount(labels, minlength=num_classes) + 1e-9
    weights, bias = np.log(counts / counts.sum(axis=0)), np.log(priors)
    return weights - weights.mean(axis=1, keepdims=True), bias - bias.mean()


def _parts(words: np.ndarray) -> Iterator[np.ndarray]:
    """Yield texts some at a time, at least one array: their n-grams fill memory."""
    for start in range(0, max(1, len(words)), TEXTS_AT_A_TIME):
        yield words[start : start + TEXTS_AT_A_TIME]


def _frequent(words: np.ndarray, num_values: int, most: int) -> np.ndarray:
    """Return the n-grams that occur, int32, increasing; of too many the frequent."""
    found = [ngram_keys(part, num_values) for part in _parts(words)]
    keys = np.concatenate([part[part >= 0] for part in found])
    different, counts = np.unique(keys, return_counts=True)
    if len(different) > most:
        order = np.argsort(-counts, kind="stable")[:most]
        different = np.sort(different[order])
    return (different if len(different) else np.zeros(1)).astype(np.int32)


def _sums(features: Any, chosen: np.ndarray) -> np.ndarray:
    return np.asarray(features[np.nonzero(chosen)[0]].sum(axis=0)).ravel()


def _ratio(features: Any, inside: np.ndarray) -> np.ndarray:
    """Return the log ratio of every n-gram's frequencies in a class and outside it."""
    of_class, others = (
        sums / sums.sum()
        for sums in (_sums(features, m) + SMOOTHING for m in (inside, ~inside))
    )
    return np.asarray(np.log(of_class / others))


def _solutions(
    keys: np.ndarray, rows: Rows, num_values: int, num_classes: int
) -> Callable[[float], NgramSolution]:
    """Return what solves for texts with an inverse penalty."""
    words, labels = rows
    features = counted(words, num_values, keys)
    ratios = np.stack(
        [_ratio(features, labels == c) for c in range(num_classes)], axis=1
    )
    return partial(_solved, keys, features, ratios, labels)


def _solved(
    keys: np.ndarray,
    features: Any,
    ratios: np.ndarray,
    labels: np.ndarray,
    strength: float,
) -> NgramSolution:
    """Solve each class against the others; two classes are one problem."""
    num_classes = ratios.shape[1]
    weights: np.ndarray = np.zeros(ratios.shape, np.float32)
    bias: np.ndarray = np.zeros(num_classes, np.float32)
    for c in range(1 if num_classes == 2 else num_classes):
        inside = labels == c
        if not inside.any() or inside.all():
            continue
        # liblinear's dual is quick where features are many; 0 fixes its order.
        model = LogisticRegression(
            C=strength, solver="liblinear", dual=True, random_state=0, max_iter=300
        )
        model.fit(features @ scipy.sparse.diags(ratios[:, c]), inside)
        weights[:, c] = model.coef_[0] * ratios[:, c]
        bias[c] = model.intercept_[0]
    if num_classes == 2:  # half for, half against: the softmax is then the sigmoid
        weights, bias = weights / 2, bias / 2
        weights[:, 1], bias[1] = -weights[:, 0], -bias[0]
    return NgramSolution(keys, weights, bias, strength)

"""What stands next to a network: the linear n-grams, and naive Bayes if it helps.

Both are sums of weights of n-grams, so their mixture is one list of weights. On few
short texts naive Bayes is the better one, on questions to a machine the linear one.
"""

from dataclasses import dataclass

import numpy as np

from tfapp.domains.text.classification.solutions.ngrams import (
    NgramSolution,
    Rows,
    bayes_weights,
    counted,
)
from tfapp.problems.classification.calibration import log_losses

TEMPERATURES = 2.0 ** np.arange(0, 8.5, 0.5)
"""By which logits of naive Bayes may be divided: it takes words to be independent."""


@dataclass(frozen=True)
class MixedNgrams:
    """Weights of n-grams for a network to begin with.

    Args:
        linear: the linear classifier.
        temperature: of naive Bayes, whose half is mixed in; 0 for the linear one alone.
        weights: float32 array (n-grams, classes) of the keys of `linear`.
        bias: float32 array (classes,).
    """

    linear: NgramSolution
    temperature: float
    weights: np.ndarray
    bias: np.ndarray

    def layer_weights(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the weights of `layers.ngram_weights.NgramWeights` in its order."""
        return self.linear.keys, self.weights, self.bias

    def fitted_again(self, rows: Rows, num_values: int) -> "MixedNgrams":
        """Return the mixture of the same parts, fitted to other texts."""
        linear = self.linear.fitted_again(rows, num_values)
        if not self.temperature:
            return _alone(linear)
        bayes = _bayes(linear, rows, num_values)
        return _mixed(linear, bayes, num_values, self.temperature)


def mix_bayes(
    linear: NgramSolution, train: Rows, validation: Rows, num_values: int
) -> MixedNgrams:
    """Mix naive Bayes in if validation texts are likelier by both than without it.

    Args:
        linear: fitted to `train`.
        train: texts to learn from.
        validation: texts that choose; none for the linear classifier alone.
        num_values: how many different numbers of words there are.
    """
    words, labels = validation
    if not len(labels):
        return _alone(linear)
    single = linear.keys < num_values
    weights, bias = bayes = _bayes(linear, train, num_values)
    told = counted(words, num_values, linear.keys[single]) @ weights + bias
    losses = [log_losses(told / t, labels).mean() for t in TEMPERATURES]
    temperature = float(TEMPERATURES[int(np.argmin(losses))])
    own = linear.logits(words, num_values)
    both = own / 2 + told / (2 * temperature)
    if log_losses(both, labels).mean() >= log_losses(own, labels).mean():
        return _alone(linear)
    return _mixed(linear, bayes, num_values, temperature)


def _alone(linear: NgramSolution) -> MixedNgrams:
    return MixedNgrams(linear, 0.0, linear.weights, linear.bias)


def _bayes(
    linear: NgramSolution, rows: Rows, num_values: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and bias of naive Bayes for the single words of the n-grams."""
    keys = linear.keys[linear.keys < num_values]
    return bayes_weights(rows, keys, num_values, len(linear.bias))


def _mixed(
    linear: NgramSolution,
    bayes: tuple[np.ndarray, np.ndarray],
    num_values: int,
    temperature: float,
) -> MixedNgrams:
    weights, bias = linear.weights / 2, linear.bias / 2
    weights[linear.keys < num_values] += bayes[0] / (2 * temperature)
    bias += bayes[1] / (2 * temperature)
    return MixedNgrams(linear, temperature, weights, bias)

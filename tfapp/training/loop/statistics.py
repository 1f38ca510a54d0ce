"""Running statistics of batch normalisation, measured anew for other weights.

Training leaves the mean and variance of the maps that its own weights gave. Averaged
weights give other maps: with those statistics a network that is right in training may
answer nonsense.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.training.trees import num_rows

FEWEST_BATCHES, MOST_BATCHES = 8, 32
ENOUGH_EXAMPLES = 64
"""Training examples whose maps are measured, within those numbers of batches."""


class MeasuredStatistics:
    """Measures the statistics of a model's batch normalisations that learn.

    Args:
        model: takes the inputs of training batches; its other layers do in a pass what
            they do in training.

    Reference:
        Izmailov et al., Averaging Weights Leads to Wider Optima and Better
        Generalization, UAI 2018, https://arxiv.org/abs/1803.05407, section 3.2
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        layers: Sequence[Any] = model._flatten_layers()
        self.layers = [
            layer
            for layer in layers
            if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        ]
        self._pass = self._forget_and_call
        if keras.backend.backend() == "tensorflow":
            self._pass = tf.function(self._forget_and_call, reduce_retracing=True)

    def measure(self, batches: Any) -> None:
        """Set mean and variance to those of the first examples of a pass together.

        Args:
            batches: tf.data.Dataset of (inputs, targets) or (inputs, targets, weights).
        """
        if not self.layers:
            return
        sums: list[list[Any]] = [[0.0, 0.0] for _ in self.layers]
        total = 0
        for number, (inputs, *_) in enumerate(batches.as_numpy_iterator(), start=1):
            self._pass(inputs)
            count = num_rows(inputs)
            total += count
            for both, (mean, variance) in zip(sums, self._values(), strict=True):
                both[0] += count * mean
                both[1] += count * (variance + mean**2)
            enough = number >= FEWEST_BATCHES and total >= ENOUGH_EXAMPLES
            if enough or number >= MOST_BATCHES:
                break
        for layer, (means, squares) in zip(self.layers, sums, strict=True):
            mean = means / total
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(np.maximum(squares / total - mean**2, 0.0))

    def _values(self) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        """Yield mean and variance of the last batch, float64, layer by layer."""
        for layer in self.layers:
            pair = layer.moving_mean, layer.moving_variance
            mean, variance = (keras.ops.convert_to_numpy(v) for v in pair)
            yield mean.astype(np.float64), variance.astype(np.float64)

    def _forget_and_call(self, inputs: Any) -> None:
        """Let the running statistics be those of this batch alone."""
        momenta = [layer.momentum for layer in self.layers]
        for layer in self.layers:
            layer.momentum = 0.0
        try:
            self.model(inputs, training=True)
        finally:
            for layer, momentum in zip(self.layers, momenta, strict=True):
                layer.momentum = momentum

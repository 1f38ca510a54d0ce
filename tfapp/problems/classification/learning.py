"""How a network of logits learns classes."""

from typing import Any

import keras

from tfapp.data.spec import DataInfo
from tfapp.layers.outputs import LOGITS, NETWORK, beside_solution
from tfapp.layers.tempered_crossentropy import TemperedCrossentropy
from tfapp.tasks.spec import Learning

ACCURACY, CROSS_ENTROPY = "accuracy", "cross_entropy"
"""Names of the figures."""


def class_learning(label_smoothing: float, model: Any, info: DataInfo) -> Learning:
    """Return cross-entropy as the loss, accuracy and it as figures of every epoch.

    Where a solution stands next to a network, the network learns by itself: the
    solution knows the training examples, so what learned next to it by a common loss
    would find nothing left to learn. The figures are those of both together.

    Args:
        label_smoothing: share of the labels that is spread over all classes, in the
            loss alone.
        model: inputs → logits (batch, classes); or a dict of them, "logits" of both and
            "network" of the network alone.
        info: of the data.
    """
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    )
    accuracy = keras.metrics.CategoricalAccuracy(name=ACCURACY)
    if not beside_solution(model):
        plain = keras.metrics.CategoricalCrossentropy(CROSS_ENTROPY, from_logits=True)
        return Learning(model, loss, [accuracy, plain])
    return Learning(
        model,
        {LOGITS: loss, NETWORK: loss},
        [accuracy, TemperedCrossentropy(CROSS_ENTROPY)],
        batch=lambda inputs, labels: (inputs, {LOGITS: labels, NETWORK: labels}),
        main=LOGITS,
        loss_weights={LOGITS: 0.0, NETWORK: 1.0},
        answers_untrained=True,
    )

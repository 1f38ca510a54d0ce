"""How a network of logits learns classes."""

from typing import Any

import keras

from tfapp.data.spec import DataInfo
from tfapp.tasks.spec import Learning


def class_learning(label_smoothing: float, model: Any, info: DataInfo) -> Learning:
    """Return cross-entropy as the loss, and accuracy as a figure of every epoch.

    Args:
        label_smoothing: share of the labels that is spread over all classes.
        model: inputs → logits (batch, classes).
        info: of the data.
    """
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing
    )
    return Learning(model, loss, [keras.metrics.CategoricalAccuracy(name="accuracy")])

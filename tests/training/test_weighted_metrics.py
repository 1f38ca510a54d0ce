"""Metrics of answers that carry weights."""

import keras
import numpy as np
import pytest

from tfapp.tasks.spec import Learning


@pytest.mark.parametrize(("weigh", "expected"), [(True, 1.0), (False, 0.5)])
def test_a_mask_counts_in_the_metrics_where_the_task_says_so(weigh, expected):
    """Answers of weight 0 count in the accuracy of plain metrics alone."""
    inputs = keras.Input((2, 3))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    learning = Learning(
        model,
        keras.losses.CategoricalCrossentropy(from_logits=True),
        [keras.metrics.CategoricalAccuracy(name="accuracy")],
        weigh_metrics=weigh,
    )
    model.compile(**learning.compile_arguments())
    targets = np.eye(3, dtype="float32")[None, :2]
    answers = np.eye(3, dtype="float32")[None, [0, 2]]
    mask = np.array([[1.0, 0.0]], "float32")
    figures = model.evaluate(answers, targets, sample_weight=mask, return_dict=True)
    assert figures["accuracy"] == pytest.approx(expected)

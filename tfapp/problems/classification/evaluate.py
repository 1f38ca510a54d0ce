"""From stored logits to every figure of a classifier, in one call."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfapp.problems.classification.calibration import (
    apply_temperature,
    expected_calibration_error,
    fit_temperature,
    softmax,
)
from tfapp.problems.classification.metrics import check_finite, classification_metrics


def evaluate_logits(
    logits: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    validation: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, Any]:
    """Fit the temperature on validation logits and judge the held-out ones.

    Args:
        logits: float array (examples, num_classes), of the split that is judged.
        labels: int array (examples,), class indices in [0, num_classes).
        class_names: names in the order of the logits.
        validation: logits and labels of the validation split, or None for none.

    Returns:
        the dict of `classification_metrics` on calibrated probabilities, and
        temperature, ece_before, ece_after and "validation", the same figures of
        that split (None without one; calibration is optimistic there, because the
        temperature was fitted to it).

    Raises:
        DataError: if a split holds no example.
        TrainingError: if logits are not finite.
    """
    check_finite(logits)
    temperature, validation_metrics = 1.0, None
    if validation is not None:
        check_finite(validation[0])
        temperature = fit_temperature(*validation)
        validation_metrics = classification_metrics(
            validation[1], apply_temperature(validation[0], temperature), class_names
        )
    probabilities = apply_temperature(logits, temperature)
    metrics = classification_metrics(labels, probabilities, class_names)
    return metrics | {
        "temperature": temperature,
        "ece_before": expected_calibration_error(softmax(logits), labels),
        "ece_after": metrics["expected_calibration_error"],
        "validation": validation_metrics,
    }

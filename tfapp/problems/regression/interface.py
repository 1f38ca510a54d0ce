"""What an exported network answers where the answers are numbers."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.export.spec import Arrays, Exported, Prediction


def number_answers(exported: Exported, outputs: Any) -> dict[str, Any]:
    """Turn outputs of a network into numbers in their units.

    Args:
        exported: its preprocessor has the `scaling` of the numbers; its calibration
            may have the "half_widths" of intervals.
        outputs: float32 tensor (batch, numbers), in deviations.

    Returns:
        `values` float32 (batch, numbers), `names` (batch, numbers), and with intervals
        `lower` and `upper`, of the shape of the values.
    """
    scaling = exported.preprocessor.scaling
    means = tf.constant(scaling.means, tf.float32)
    values = outputs * tf.constant(scaling.deviations, tf.float32) + means
    names = tf.constant(list(exported.info.labels))
    answer = {
        "values": values,
        "names": tf.tile(names[tf.newaxis], [tf.shape(values)[0], 1]),
    }
    if half_widths := exported.calibration.get("half_widths"):
        reach = tf.constant(half_widths, tf.float32)
        answer |= {"lower": values - reach, "upper": values + reach}
    return answer


def number_prediction(row: Arrays) -> Prediction:
    """Return the numbers of one row with their intervals.

    Args:
        row: `values` float (numbers,), `names` (numbers,), perhaps `lower`, `upper`.
    """
    names = [n.decode() if isinstance(n, bytes) else str(n) for n in row["names"]]
    columns = _by_name(names, row["values"], "")
    texts = [f"{name} {value:.4g}" for name, value in columns.items()]
    if "lower" in row:
        ends = zip(row["lower"], row["upper"], strict=True)
        pairs = zip(texts, ends, strict=True)
        texts = [f"{text} ({low:.4g} to {high:.4g})" for text, (low, high) in pairs]
        columns |= _by_name(names, row["lower"], " lower")
        columns |= _by_name(names, row["upper"], " upper")
    return Prediction(", ".join(texts), columns)


def _by_name(names: list[str], values: np.ndarray, ending: str) -> dict[str, float]:
    pairs = zip(names, values, strict=True)
    return {f"{name}{ending}": float(value) for name, value in pairs}

"""What an exported network answers where the answers are tags."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.export.spec import Arrays, Exported, Prediction
from tfapp.problems.multilabel.tags import SEPARATOR
from tfapp.problems.multilabel.thresholds import MIDDLE


def tag_answers(exported: Exported, outputs: Any) -> dict[str, Any]:
    """Turn outputs of a network into probabilities of tags, and those it answers.

    Args:
        exported: knows the names; its calibration may have the "thresholds".
        outputs: float32 logits (batch, tags).

    Returns:
        Each (batch, tags): `probabilities` float32, `tags` the names, `thresholds`
        float32, and `chosen`, bool: whether a probability reaches its threshold.
    """
    names = list(exported.info.labels)
    limits = exported.calibration.get("thresholds") or [MIDDLE] * len(names)
    probabilities = tf.sigmoid(outputs)
    batch = tf.shape(probabilities)[0]
    thresholds = tf.tile(tf.constant([limits], tf.float32), [batch, 1])
    return {
        "probabilities": probabilities,
        "tags": tf.tile(tf.constant([names]), [batch, 1]),
        "thresholds": thresholds,
        "chosen": probabilities >= thresholds,
    }


def tag_prediction(row: Arrays) -> Prediction:
    """Return the tags of one row, the likeliest first, with their probabilities.

    Args:
        row: `probabilities` float (tags,), `tags` (tags,), `chosen` bool (tags,).
    """
    names = [n.decode() if isinstance(n, bytes) else str(n) for n in row["tags"]]
    shares = np.asarray(row["probabilities"], float)
    order = np.argsort(-shares, kind="stable").tolist()
    chosen = [i for i in order if row["chosen"][i]]
    columns = {
        "tags": SEPARATOR.join(names[i] for i in chosen),
        "probabilities": dict(zip(names, shares.tolist(), strict=True)),
    }
    if not chosen:
        likeliest = order[0]
        text = f"no tag (likeliest: {names[likeliest]}, {shares[likeliest]:.2f})"
        return Prediction(text, columns)
    listed = ", ".join(names[i] for i in chosen)
    return Prediction(
        f"{listed} ({', '.join(f'{shares[i]:.2f}' for i in chosen)})", columns
    )

"""Batches of what a frozen part of a model computed once."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tfapp.training.transfer.features import FeatureStore
from tfapp.training.transfer.row_passes import RowPasses


def training_passes(
    store: FeatureStore,
    views: int,
    batch_size: int,
    seed: int,
    time_left: Callable[[], bool],
) -> RowPasses:
    """Return training passes over the plain rows and augmented ones.

    Args:
        store: computes what it lacks.
        views: number of views, the plain one included.
        batch_size: examples in a batch.
        seed: of order and changes.
        time_left: called before each augmented view is computed.
    """
    passes = [store.plain("train")]
    for number in range(1, views):
        if not time_left():
            break
        passes.append(store.view("train", number, seed))
    return RowPasses(passes, _targets(store, "train"), batch_size, seed)


def validation_batches(store: FeatureStore, batch_size: int) -> Any:
    """Return a tf.data.Dataset of the validation rows, None if there are none.

    Args:
        store: computes what it lacks.
        batch_size: examples in a batch.
    """
    if not store.dataset.examples["validation"]:
        return None
    rows, targets = store.plain("validation"), _targets(store, "validation")
    return RowPasses([rows], targets, batch_size, seed=0).in_order()


def _targets(store: FeatureStore, split: str) -> np.ndarray:
    """Return the targets of a split as batches have them: classes as one-hot rows."""
    dataset = store.dataset
    targets = np.asarray(dataset.targets(dataset.examples[split]))
    if not np.issubdtype(targets.dtype, np.integer):
        return targets.astype("float32")
    return np.eye(dataset.info.num_outputs, dtype="float32")[targets]

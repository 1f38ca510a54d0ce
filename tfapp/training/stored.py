"""What a phase learns from when its frozen layers are computed once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.data.spec import Dataset
from tfapp.training.features import FeatureStore
from tfapp.training.row_passes import RowPasses


@dataclass(frozen=True)
class StoredData:
    """Training and validation data as the rows of a feature store.

    Args:
        store: computes what it lacks.
        dataset: whose splits are asked for.
        batch_size: examples in a batch.
    """

    store: FeatureStore
    dataset: Dataset
    batch_size: int

    def passes(self, views: int, seed: int, time_left: Callable[[], bool]) -> RowPasses:
        """Return training passes over the plain rows and augmented ones.

        Args:
            views: wanted, the plain one counted; without augmentation one is all.
            seed: of order and changes.
            time_left: asked before each augmented view is computed.
        """
        found = [self.store.plain("train")]
        for number in range(1, self.most_views(views)):
            if not time_left():
                break
            found.append(self.store.view("train", number, seed))
        return RowPasses(found, self._one_hot("train"), self.batch_size, seed)

    def most_views(self, views: int) -> int:
        """Return how many of the wanted views can differ from each other."""
        return views if self.dataset.augmentation else 1

    def validation(self) -> Any:
        """Return a tf.data.Dataset of the validation rows, None if there are none."""
        if not self.dataset.examples["validation"]:
            return None
        rows = self.store.plain("validation")
        one_hot = self._one_hot("validation")
        return RowPasses([rows], one_hot, self.batch_size, 0).in_order()

    def _one_hot(self, split: str) -> np.ndarray:
        identity = np.eye(self.dataset.info.num_outputs, dtype="float32")
        return identity[self.dataset.labels(split)]

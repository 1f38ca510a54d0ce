"""Images whose answers are rows of numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.data.spec import Example
from tfapp.domains.images.dataset import ImageDataset


@dataclass(frozen=True, eq=False, kw_only=True)
class VectorDataset(ImageDataset):
    """Images with a row of numbers each; implements `tfapp.data.spec.Dataset`.

    Args:
        vectors: examples → float32 array (examples, outputs), what is learned.
    """

    vectors: Callable[[Sequence[Example]], np.ndarray]

    def targets(self, examples: Sequence[Example]) -> np.ndarray:
        """Return float32 rows (examples, outputs)."""
        shape = (len(examples), self.info.num_outputs)
        return np.asarray(self.vectors(examples), np.float32).reshape(shape)

    def rows(self, targets: Any) -> Any:
        """Return the targets, which are what the network learns."""
        return targets

"""What a report and TensorBoard show of a grid."""

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.domains.volumes.voxels.grid_files import read_grid
from tfapp.domains.volumes.voxels.projections import turning_views

TURN = (
    "Each strip is one grid turning once about its first axis, from the left to the "
    "right; near voxels are brighter than far ones."
)


def turning_grid(dataset: Dataset, example: Example) -> np.ndarray:
    """Return how a grid looks as it turns; of several channels their mean."""
    numbers = read_grid(dataset.raw(example)["volume"]).astype(np.float32)
    return turning_views(numbers if numbers.ndim == 3 else numbers.mean(axis=-1))

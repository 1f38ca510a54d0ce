"""What a report and TensorBoard show of a clip."""

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.domains.volumes.voxels.grid_files import read_grid

SHOWN = 8
"""Frames of a clip that are drawn."""
FRAMES = (
    "Each strip is one clip: eight of its frames or fewer, from the left to the right."
)


def some_frames(dataset: Dataset, example: Example) -> np.ndarray:
    """Return evenly spread frames of a clip, grey, in [0, 1]."""
    frames = read_grid(dataset.raw(example)["clip"])
    chosen = np.linspace(0, len(frames) - 1, min(SHOWN, len(frames))).astype(int)
    grey: np.ndarray = frames[chosen].astype(np.float32).mean(axis=-1) / 255
    return grey

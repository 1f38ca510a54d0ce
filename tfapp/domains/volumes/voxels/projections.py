"""A volume drawn as it turns: a strip of views from one direction after the other."""

import numpy as np
from scipy.ndimage import rotate

VIEWS = 8
"""Of a whole turn."""
NEAR, FAR = 1.0, 0.25
"""Brightness of what is nearest and of what is farthest."""


def turning_views(volume: np.ndarray, views: int = VIEWS) -> np.ndarray:
    """Return how a volume looks while it turns about its first axis.

    Each ray shows the brightest voxel that it meets, where nearer ones are brighter:
    a maximum projection with depth.

    Args:
        volume: float array (depth, height, width); 0 is empty.
        views: in equal steps of a whole turn.

    Returns:
        float32 array (views, depth, width), in [0, 1].
    """
    strength = np.abs(volume).astype(np.float32)
    strength /= max(float(strength.max()), 1e-9)
    depth = np.linspace(NEAR, FAR, volume.shape[1], dtype=np.float32)[:, None]
    shown = []
    for view in range(views):
        turned = rotate(strength, 360 * view / views, (1, 2), order=1, reshape=False)
        shown.append(np.clip((turned * depth).max(axis=1), 0, 1))
    return np.stack(shown)

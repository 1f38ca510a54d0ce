"""Connected objects in maps of classes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def label_objects(classes: "np.ndarray") -> "tuple[np.ndarray, int]":
    """Number the connected parts (4 neighbours) of every class but the first.

    Args:
        classes: int array (height, width), class indices; 0 is the background.

    Returns:
        int32 array (height, width), 0 in the background, and the number of objects.
    """
    import numpy as np
    from scipy import ndimage

    objects = np.zeros(classes.shape, np.int32)
    total = 0
    for index in np.unique(classes[classes > 0]):
        parts, count = ndimage.label(classes == index)
        objects[parts > 0] = parts[parts > 0] + total
        total += count
    return objects, total

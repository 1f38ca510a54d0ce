"""Weights that make a network learn the narrow gaps between objects."""

import numpy as np
from scipy import ndimage

from tfapp.domains.images.segmentation.objects import label_objects

REACH = 6.0
"""Standard deviations beyond which a weight counts as nothing: exp(-18) of it."""


def border_weights(
    classes: np.ndarray, *, weight: float = 10.0, sigma: float = 5.0
) -> np.ndarray:
    """Return weight * exp(-(d1 + d2)² / (2 sigma²)) for pixels between objects.

    Objects are the connected parts (4 neighbours) of every class but the first, which
    is the background. d1 and d2 are the distances in pixels of a background pixel to
    the border of the nearest and of the second nearest object; a pixel that touches
    an object has distance 0 to it, so a gap of one pixel gets the whole weight.

    Args:
        classes: uint8 array (height, width), class indices.
        weight: largest value; 10 in the paper.
        sigma: width of the bell in pixels; 5 in the paper.

    Returns:
        float32 array (height, width), 0 inside objects and far from gaps.

    Reference:
        Ronneberger, Fischer & Brox, U-Net: Convolutional networks for biomedical
        image segmentation, MICCAI 2015, https://arxiv.org/abs/1505.04597 (eq. 2)
    """
    objects, count = label_objects(classes)
    nearest = np.full((2, *classes.shape), np.inf, np.float32)
    reach = int(np.ceil(REACH * sigma)) + 1
    for number, place in enumerate(ndimage.find_objects(objects, count), start=1):
        window = tuple(
            slice(max(side.start - reach, 0), side.stop + reach) for side in place
        )
        outside = objects[window] != number
        distance = ndimage.distance_transform_edt(outside).astype(np.float32)
        first, second = nearest[0][window], nearest[1][window]
        np.minimum(second, np.maximum(first, distance), out=second)
        np.minimum(first, distance, out=first)
    # Distances are to the centres of an object's pixels: one more than to its border.
    both = nearest.sum(axis=0) - 2.0
    weights = weight * np.exp(-np.square(both) / (2.0 * sigma**2))
    return np.where(classes == 0, weights, 0.0).astype(np.float32)


def balance(counts: np.ndarray) -> np.ndarray:
    """Return the weight of each class by which all classes count the same.

    Args:
        counts: int array (num_classes,), number of pixels.

    Returns:
        float32 array (num_classes,), 1 on average over the pixels; 0 for a class
        without pixels.
    """
    present = counts > 0
    weights = np.zeros(len(counts), np.float32)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights

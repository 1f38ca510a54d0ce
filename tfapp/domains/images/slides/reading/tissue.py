"""Where tissue is: Otsu's threshold on saturation, without ink of pens.

Reference:
    Otsu, A threshold selection method from gray-level histograms, IEEE Transactions on
    Systems, Man, and Cybernetics 9, 1979.
"""

import numpy as np
from scipy import ndimage

LEAST_LIGHT = 40
"""Value of the lightest channel below which saturation is noise."""
BINS = 256
LEAST_CONTRAST = 0.02
"""Difference of the mean saturations of tissue and glass, below which there is none."""
LEAST_CLEARNESS = 4.0
"""The same in standard deviations of the lower class: 2.7 for a single bell curve, 3.5
for values that are spread evenly."""
ROUNDS = 3
"""Thresholds that are sought below each other, for pale tissue next to strong."""
SMALLEST = 12
"""Pixels of a speck that is not taken for tissue."""
LARGEST_HOLE = 2e-3
"""Share of the picture up to which a hole in tissue is filled."""
INK_REACH = 2
"""Pixels around ink that are taken for its pale edge."""
BLACK = 70


def tissue_mask(picture: np.ndarray) -> np.ndarray:
    """Return where tissue is, bool (height, width).

    Otsu's threshold divides saturations; as long as what lies below divides clearly
    again, the lower threshold is taken, so that pale tissue is kept next to strongly
    stained. Specks are left out, small holes are filled. Blue, green and black ink is
    left out; red ink has the colours of eosin and is not told from it.

    Args:
        picture: of the slide at a coarse scale, uint8 (height, width, 3).

    Returns:
        All False if no part of the slide is more saturated than its glass.
    """
    ink = ink_mask(picture)
    values = ndimage.median_filter(saturation(picture), 3)
    threshold = tissue_threshold(values[~ink])
    mask = (values > threshold) & ~ink
    return _filled(_without_specks(mask), ink)


def saturation(picture: np.ndarray) -> np.ndarray:
    """Return the saturation of uint8 pixels (…, 3), float32 (…) in [0, 1]."""
    largest = picture.max(axis=-1).astype(np.float32)
    chroma = largest - picture.min(axis=-1)
    result: np.ndarray = chroma / np.maximum(largest, LEAST_LIGHT)
    return result


def tissue_threshold(values: np.ndarray) -> float:
    """Return the saturation above which pixels are tissue; above 1 if none is.

    Args:
        values: float (pixels,) in [0, 1].
    """
    chosen = 2.0
    for _ in range(ROUNDS):
        threshold, contrast, clearness = otsu(values)
        if contrast < LEAST_CONTRAST or clearness < LEAST_CLEARNESS:
            break
        chosen = threshold
        values = values[values <= threshold]
    return chosen


def otsu(values: np.ndarray) -> tuple[float, float, float]:
    """Return the threshold that divides values best.

    Args:
        values: float (values,) in [0, 1].

    Returns:
        The threshold; the difference of the classes' means; the same in standard
        deviations of the lower class. 0 for the last two where nothing is divided.
    """
    counts, edges = np.histogram(values, BINS, (0.0, 1.0))
    centres = (edges[:-1] + edges[1:]) / 2
    total = counts.sum()
    if np.count_nonzero(counts) < 2:
        return 1.0, 0.0, 0.0
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * centres)
    mean_below = sums[:-1] / np.maximum(below, 1)
    mean_above = (sums[-1] - sums[:-1]) / np.maximum(total - below, 1)
    between = below * (total - below) / total**2 * (mean_above - mean_below) ** 2
    best = int(np.argmax(between))
    contrast = float(mean_above[best] - mean_below[best])
    lower = counts[: best + 1], centres[: best + 1] - mean_below[best]
    spread = np.sqrt(np.average(lower[1] ** 2, weights=lower[0]) + 1e-9)
    return float(edges[best + 1]), contrast, float(contrast / spread)


def ink_mask(picture: np.ndarray) -> np.ndarray:
    """Return where blue, green or black ink is, bool (height, width).

    Stains are purple, pink or brown: red is never their least channel by far, and
    green never their largest. Counterstains may be pale blue, so blue has to be strong.

    Args:
        picture: uint8 (height, width, 3).
    """
    red, green, blue = (picture[..., i].astype(np.int16) for i in range(3))
    strong = saturation(picture)
    is_green = (green > red + 15) & (green > blue + 10) & (strong > 0.25)
    is_blue = (red < green - 8) & (blue > red + 45) & (strong > 0.4)
    largest = picture.max(axis=-1)
    is_black = (largest < BLACK) & (largest - picture.min(axis=-1) < BLACK // 2)
    ink = ndimage.binary_opening(is_green | is_blue | is_black)
    grown: np.ndarray = ndimage.binary_dilation(ink, iterations=INK_REACH)
    return grown if ink.any() else ink


def _without_specks(mask: np.ndarray) -> np.ndarray:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    large: np.ndarray = (sizes >= SMALLEST)[labels]
    return large


def _filled(mask: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Fill small holes, but for ink in them."""
    holes = ndimage.binary_fill_holes(mask) & ~mask
    labels, count = ndimage.label(holes)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    small = (sizes > 0) & (sizes <= LARGEST_HOLE * mask.size)
    filled: np.ndarray = mask | (small[labels] & ~ink)
    return filled

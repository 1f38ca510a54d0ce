"""The simple methods that a network for masks has to beat, on the same test images."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from tfapp.base.intervals import paired_interval
from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.segmentation.data.dataset import MaskDataset
from tfapp.domains.images.segmentation.metrics import confusion_of, pooled_figures
from tfapp.domains.images.segmentation.results import JudgedImages
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

MOST_IMAGES = 50
"""Training images that choose which side of the threshold is the object."""
LEVELS = 256


def segmentation_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods reach on the test images.

    They are: the class with most pixels everywhere, and where there are two classes
    Otsu's threshold on the grey values of each image. Which side of the threshold is
    the object (the brighter, darker, smaller or larger one) is what fits the training
    masks best.

    Args:
        results: of the test images.
        dataset: a `MaskDataset`; where it has no training images, its test images say
            which class has most pixels, and the smaller side is the object.
        features: are not used.
    """
    masks, judged = cast(MaskDataset, dataset), cast(JudgedImages, results.evidence)
    train = masks.examples["train"]
    spread = np.linspace(0, len(train) - 1, min(len(train), MOST_IMAGES)).astype(int)
    shown = [train[place] for place in spread]
    truths = [image.truth for image in judged.images]
    count = masks.info.num_outputs
    known = [masks.truth(example) for example in shown] or truths
    pixels = sum(np.bincount(t[t < count].ravel(), minlength=count) for t in known)
    largest = int(np.argmax(pixels))
    constant = [np.full_like(truth, largest) for truth in truths]
    simple = [_baseline("largest class", constant, judged)]
    if count == 2:
        side = _best_side(masks, shown)
        maps = [
            otsu_map(_grey(masks, example), side) for example in masks.examples["test"]
        ]
        simple.append(_baseline("Otsu threshold", maps, judged))
    return tuple(simple)


def otsu_threshold(grey: np.ndarray) -> int:
    """Return the grey value that separates an image into two classes best.

    Args:
        grey: uint8 array (height, width).

    Returns:
        threshold: values above it are one class, it and those below the other. The
        variance between the two classes is largest there.

    Reference:
        Otsu, A threshold selection method from gray-level histograms, IEEE
        Transactions on Systems, Man, and Cybernetics 9, 1979.
    """
    counts = np.bincount(grey.ravel(), minlength=LEVELS).astype(np.float64)
    below, total = np.cumsum(counts), counts.sum()
    sums = np.cumsum(counts * np.arange(LEVELS))
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = sums / below - (sums[-1] - sums) / (total - below)
    between = below * (total - below) * np.nan_to_num(distance) ** 2
    return int(between.argmax())


def otsu_map(grey: np.ndarray, side: str) -> np.ndarray:
    """Return the objects of an image by its own threshold, uint8 (height, width).

    Args:
        grey: uint8 array (height, width).
        side: which pixels are objects: one of `SIDES`.
    """
    bright = grey > otsu_threshold(grey)
    objects: np.ndarray = bright == SIDES[side](bright)
    return objects.astype(np.uint8)


SIDES: dict[str, Any] = {
    "smaller": lambda bright: bright.mean() <= 0.5,
    "brighter": lambda bright: True,
    "darker": lambda bright: False,
    "larger": lambda bright: bright.mean() > 0.5,
}
"""Name → whether the pixels above the threshold are the objects."""


def _best_side(masks: MaskDataset, examples: Sequence[Example]) -> str:
    """Return the side by which the fewest pixels of masks are wrong."""
    images = [(_grey(masks, example), masks.truth(example)) for example in examples]

    def wrong(side: str) -> int:
        return sum(
            int(((otsu_map(grey, side) != t) & (t < 2)).sum()) for grey, t in images
        )

    return min(SIDES, key=wrong)


def _grey(masks: MaskDataset, example: Example) -> np.ndarray:
    """Return the mean of an image's channels, uint8 (height, width)."""
    image = masks.loader.load(example).image
    grey: np.ndarray = np.rint(image.mean(axis=-1)).astype(np.uint8)
    return grey


def _baseline(name: str, maps: Sequence[np.ndarray], judged: JudgedImages) -> Baseline:
    """Return a method by its maps of classes, uint8 (height, width) each."""
    count = len(judged.images[0].confusion)
    pairs = zip(maps, judged.images, strict=True)
    confusions = np.stack([confusion_of(m, image.truth, count) for m, image in pairs])
    figures = pooled_figures(confusions)
    pixels = confusions.sum(axis=(1, 2))
    errors = 1.0 - np.trace(confusions, axis1=1, axis2=2) / pixels
    gained = np.array([image.pixel_error for image in judged.images]) - errors
    low_high = figures["pixel_error_interval"]
    return Baseline(
        name,
        figures["pixel_error"],
        None if low_high is None else (low_high[0], low_high[1]),
        paired_interval(gained, pixels),
        {"iou": figures["iou"], "dice": figures["dice"]},
    )

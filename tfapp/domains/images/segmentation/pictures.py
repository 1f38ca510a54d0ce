"""Pictures of images, their masks and the mistakes between them."""

import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from tfapp.domains.images.reading.sources.arrays import eight_bit_shift
from tfapp.domains.images.reading.upright import orientation_of, upright
from tfapp.domains.images.segmentation.data.reading import IGNORED
from tfapp.domains.images.segmentation.metrics import JudgedImage

OVERLAY = {"missed": (0, 114, 178), "added": (213, 94, 0), "edge": (240, 228, 66)}
"""Okabe and Ito's blue, vermilion and yellow: pixels of an object taken for
background, background (or another object) taken for one, and true borders."""
OPACITY = 0.65
WINDOW = 128
"""Pixels a side of the parts of images among which the worst are shown."""
SIZE = 512
"""Pixels of the longer side, at most."""


class Window(NamedTuple):
    """A part of an image.

    Args:
        image: index of the image.
        top: first row.
        left: first column.
        wrong: share of its pixels that are wrong.
    """

    image: int
    top: int
    left: int
    wrong: float


def rgb_pixels(encoded: bytes) -> np.ndarray:
    """Return an encoded image as uint8 RGB pixels (height, width, 3), upright."""
    with Image.open(io.BytesIO(encoded)) as image:
        shown = upright(image, orientation_of(encoded))
        if shown.mode.startswith("I"):
            values = np.asarray(shown)
            shown = Image.fromarray(
                (values >> eight_bit_shift(values)).astype(np.uint8)
            )
        return np.asarray(shown.convert("RGB"))


def overlay(pixels: np.ndarray, judged: JudgedImage) -> np.ndarray:
    """Return an image with its wrong pixels coloured and true borders drawn.

    Args:
        pixels: uint8 (height, width, 3).
        judged: prediction and mask of the same size.

    Returns:
        uint8 (height, width, 3).
    """
    truth, predicted = judged.truth, judged.predicted
    grey = pixels.astype(np.float64).mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    wrong = _wrong(judged)
    missed = (predicted == 0) & wrong
    added = wrong & ~missed
    right_edge = _edges(truth) & (predicted == truth)
    for name, where in (("edge", right_edge), ("missed", missed), ("added", added)):
        opacity = OPACITY if name != "edge" else OPACITY / 2
        grey[where] = (1 - opacity) * grey[where] + opacity * np.array(OVERLAY[name])
    shown: np.ndarray = np.rint(grey).astype(np.uint8)
    return shown


def tint(pixels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return an image whose pixels of classes above 0 are coloured by class.

    Args:
        pixels: uint8 (height, width, 3).
        classes: uint8 (height, width), class indices, or `IGNORED`.
    """
    classes = np.where(classes == IGNORED, 0, classes)
    colours = np.array(
        [(0, 0, 0), (0, 158, 115), (213, 94, 0), (0, 114, 178), (204, 121, 167)]
    )
    shown = colours[np.where(classes > 0, (classes - 1) % (len(colours) - 1) + 1, 0)]
    strength = np.where(classes > 0, 0.4, 0.0)[..., np.newaxis]
    mixed: np.ndarray = np.rint(pixels * (1 - strength) + shown * strength)
    return mixed.astype(np.uint8)


def worst_windows(judged: Sequence[JudgedImage], most: int = 12) -> list[Window]:
    """Return the parts of the images with the largest share of wrong pixels.

    Parts are `WINDOW` pixels a side, side by side; of images with shorter sides the
    whole image is one.

    Args:
        judged: of every image.
        most: number of parts at most; those without a mistake are left out.
    """
    windows = [w for i, image in enumerate(judged) for w in _windows(i, image)]
    wrong = [window for window in windows if window.wrong > 0]
    return sorted(wrong, key=lambda window: -window.wrong)[:most]


def to_jpeg(pixels: np.ndarray, size: int = SIZE) -> bytes:
    """Return uint8 pixels (height, width, 3) as a JPEG.

    Small pictures are enlarged by a whole number, large ones shrunk.

    Args:
        pixels: of the picture.
        size: pixels of the longer side, at most.
    """
    image = Image.fromarray(pixels)
    factor = size // max(image.size)
    if factor > 1:
        enlarged = (image.width * factor, image.height * factor)
        image = image.resize(enlarged, Image.Resampling.NEAREST)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=82)
    return stream.getvalue()


def _windows(number: int, image: JudgedImage) -> Iterator[Window]:
    wrong = _wrong(image)
    height, width = wrong.shape
    for top in range(0, max(height - WINDOW // 2, 1), WINDOW):
        for left in range(0, max(width - WINDOW // 2, 1), WINDOW):
            part = wrong[top : top + WINDOW, left : left + WINDOW]
            yield Window(number, top, left, float(part.mean()))


def _wrong(image: JudgedImage) -> np.ndarray:
    """Return where the prediction is wrong; ignored pixels are nowhere."""
    wrong: np.ndarray = image.predicted != image.truth
    return wrong & (image.truth != IGNORED)


def _edges(classes: np.ndarray) -> np.ndarray:
    """Return the pixels above or left of a pixel of another class."""
    edges = np.zeros(classes.shape, bool)
    edges[:-1] |= classes[:-1] != classes[1:]
    edges[:, :-1] |= classes[:, :-1] != classes[:, 1:]
    return edges

"""Masks inspected and read: images whose pixel values are classes."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.data.scan import Inspection
from tfapp.domains.images.reading.limits import pillow_without_limit
from tfapp.domains.images.reading.upright import orientation_of, turned

MOST_VALUES = 32
"""Masks with more different values are photographs, or smoothed."""
IGNORED = 255
"""Class index of pixels that are left out of loss and figures; no class has it."""
ONE_PER_CLASS = (
    f"Expected one per class, at most {MOST_VALUES}: save masks as PNG, without "
    "smoothing or JPEG compression."
)


@dataclass(frozen=True, slots=True)
class MaskFacts:
    """What the inspection of a mask reports.

    Args:
        stamp: of the file when it was inspected.
        size: height and width in pixels.
        distinct: values that occur, ascending.
        counts: number of pixels of each of them.
        content_hash: SHA-256 of values and shape.
        fault: why it cannot be used ("unreadable", …), "" if it can.
        detail: of the fault, one sentence.
    """

    stamp: str
    size: tuple[int, int] = (0, 0)
    distinct: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    content_hash: str = ""
    fault: str = ""
    detail: str = ""

    @property
    def values(self) -> Mapping[int, int]:
        """Number of pixels by value, {} for a mask that cannot be used."""
        return dict(zip(self.distinct, self.counts, strict=True))


def mask_inspection(max_pixels: int) -> Inspection[MaskFacts]:
    """Return how a scan inspects masks.

    Args:
        max_pixels: larger ones are refused before they are decoded.
    """

    def inspect(data: bytes, stamp: str) -> MaskFacts:
        try:
            return _facts(stamp, read_values(data, max_pixels))
        except DataError as error:
            return MaskFacts(stamp, fault="unreadable mask", detail=str(error))

    version = f"up to {max_pixels} pixels, {MOST_VALUES} values"
    return Inspection(MaskFacts, inspect, version, pillow_without_limit)


def read_values(data: bytes, max_pixels: int, *, coloured: bool = False) -> np.ndarray:
    """Return the values of an encoded mask, int32 (height, width).

    Grey values are taken as they are, 8 or 16 bits; of a palette the numbers, not
    the colours; of one bit 0 and 255. Grey stored as RGB counts as grey, and
    transparency is dropped. A mask is turned upright as an image is.

    Args:
        data: the encoded mask.
        max_pixels: larger ones are refused before they are decoded.
        coloured: give the colours instead, red x 65,536 + green x 256 + blue.

    Raises:
        DataError: if it is no image, too large, or has colours.
    """
    if not data:
        raise DataError("the file has no content.")
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > max_pixels:
                raise DataError(
                    f"{image.width} x {image.height} pixels are above "
                    f"data.options.max_pixels = {max_pixels}."
                )
            turn = orientation_of(data)
            values = _colours(image) if coloured else _values(image)
            return turned(values, turn)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"it cannot be read as an image ({error}).") from error


def to_classes(
    values: np.ndarray, mask_values: Sequence[int], ignore_value: int = -1
) -> np.ndarray:
    """Return the class index of every pixel, uint8 (height, width).

    Args:
        values: int array (height, width), each of `mask_values` or to be ignored.
        mask_values: what masks hold for each class, ascending.
        ignore_value: of pixels that become `IGNORED`; -1 for none.
    """
    indices: np.ndarray = np.searchsorted(np.asarray(mask_values), values)
    indices[values == ignore_value] = IGNORED
    return indices.astype(np.uint8)


def _values(image: Image.Image) -> np.ndarray:
    if image.mode == "1":
        return np.asarray(image, dtype=np.uint8).astype(np.int32) * 255
    if image.mode in ("L", "P") or image.mode.startswith("I"):
        return np.asarray(image).astype(np.int32)
    if image.mode in ("RGB", "RGBA", "LA"):
        bands = np.asarray(image)
        pixels = bands[..., :1] if image.mode == "LA" else bands[..., :3]
        if image.mode != "RGB" and np.ptp(pixels) == 0 < np.ptp(bands[..., -1]):
            raise DataError(
                f"every pixel is {pixels.flat[0]} and only the transparency differs. "
                "Expected values; save the transparency as grey (Pillow: "
                "`image.getchannel('A').save(...)`)."
            )
        if (pixels == pixels[..., :1]).all():
            return pixels[..., 0].astype(np.int32)
        raise DataError(
            "it has colours. Expected one grey value, or palette number, per class; "
            "`tfapp masks FOLDER --to NEW` gives each colour a number."
        )
    raise DataError(
        f"its pixels are of kind {image.mode!r}. Expected whole numbers, one per class."
    )


def _colours(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image.convert("RGB")).astype(np.int32)
    colours: np.ndarray = pixels @ np.array([1 << 16, 1 << 8, 1], np.int32)
    return colours


def _facts(stamp: str, values: np.ndarray) -> MaskFacts:
    distinct, counts = np.unique(values, return_counts=True)
    digest = hashlib.sha256(repr(values.shape).encode())
    digest.update(np.ascontiguousarray(values).data)
    height, width = values.shape
    if len(distinct) > MOST_VALUES:
        return MaskFacts(
            stamp,
            (height, width),
            fault="too many values",
            detail=f"the mask has {len(distinct)} different values from "
            f"{distinct[0]} to {distinct[-1]}. {ONE_PER_CLASS}",
        )
    numbers = tuple(distinct.tolist()), tuple(counts.tolist())
    return MaskFacts(stamp, (height, width), *numbers, digest.hexdigest())

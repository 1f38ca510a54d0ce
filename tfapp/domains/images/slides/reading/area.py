"""Which part of a slide is scanned: its tissue, or what the user marks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.reading.limits import pillow_without_limit
from tfapp.domains.images.slides.reading.outlines import (
    drawn,
    read_outlines,
    require_inside,
)
from tfapp.domains.images.slides.reading.slide import Slide, coarse
from tfapp.domains.images.slides.reading.tissue import tissue_mask

LONGEST = 2048
"""Pixels of the longer side of the picture on which tissue is sought."""
SAME_SHAPE = 0.02
"""Relative difference of proportions between a mask and its slide."""
EDGE = (0, 160, 60)


@dataclass(frozen=True)
class Marking:
    """What is scanned in place of the tissue that is found.

    Args:
        mask: picture of the slide's proportions, or a folder of NAME.png for slides
            NAME; anything but black is scanned.
        outline: GeoJSON, or a folder of NAME.geojson.
        whole: everything is scanned.

    Raises:
        ConfigError: if several are given.
    """

    mask: str = ""
    outline: str = ""
    whole: bool = False

    def __post_init__(self) -> None:
        if bool(self.mask) + bool(self.outline) + self.whole > 1:
            raise ConfigError(
                "Choose one of --mask, --outline and --whole: each says what is "
                "scanned."
            )


@dataclass(frozen=True, eq=False)
class Area:
    """What is scanned of a slide.

    Args:
        mask: bool (height, width) at a coarse scale.
        downsample: pixels of level 0 along a side of its pixels.
        picture: the slide at that scale, uint8 (height, width, 3).
        source: how it was chosen, in a few words.
    """

    mask: np.ndarray
    downsample: float
    picture: np.ndarray
    source: str

    @property
    def share(self) -> float:
        """Share of the slide that is scanned."""
        return float(self.mask.mean())

    def shown(self) -> Image.Image:
        """Return the slide with what is scanned in its colours, the rest faded."""
        faded = 255 - (255 - self.picture.astype(np.uint16)) // 4
        shown = np.where(self.mask[..., None], self.picture, faded).astype(np.uint8)
        edge = self.mask ^ ndimage.binary_erosion(self.mask, iterations=2)
        shown[edge] = EDGE
        return Image.fromarray(shown)


def find_area(slide: Slide, marking: Marking) -> Area:
    """Return what is scanned of a slide.

    Raises:
        DataError: if it is nothing, or a mask or outline does not fit the slide.
    """
    scaled = coarse(slide, LONGEST)
    picture = scaled.whole()
    size = scaled.size
    if marking.whole:
        mask, source = np.ones(size[::-1], bool), "all of the slide"
    elif marking.mask:
        path = own_file(marking.mask, slide.path, ".png")
        mask, source = _read_mask(path, size), f"the mask {path}"
    elif marking.outline:
        path = own_file(marking.outline, slide.path, ".geojson")
        outlines = read_outlines(path)
        require_inside(outlines, slide.size, path)
        mask = drawn(outlines, size, scaled.downsample)
        source = f"the outlines of {path}"
    else:
        mask, source = tissue_mask(picture), "tissue by Otsu's threshold on saturation"
    if not mask.any():
        raise DataError(_empty(slide.path, source))
    return Area(mask, scaled.downsample, picture, source)


def own_file(given: str, slide: Path, suffix: str) -> Path:
    """Return the file that belongs to a slide.

    Args:
        given: the file, or a folder of files named like their slides.
        slide: path of the slide.
        suffix: of the file in a folder.

    Raises:
        DataError: if there is none.
    """
    path = Path(given).expanduser()
    if path.is_dir():
        path = path / f"{slide.stem}{suffix}"
    if not path.is_file():
        raise DataError(f"There is no {str(path)!r} for the slide {slide}.")
    return path


def _read_mask(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return a picture's pixels that are not black, at a size.

    Raises:
        DataError: if it cannot be read, or has other proportions.
    """
    try:
        with pillow_without_limit(), Image.open(path) as image:
            grey = image.convert("RGB").convert("L")
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"The mask {path} is no picture: {error}.") from None
    shapes = grey.width / grey.height, size[0] / size[1]
    # A mask of a few pixels has rounded proportions.
    rounding = 1 / min(grey.size)
    if abs(shapes[0] / shapes[1] - 1) > SAME_SHAPE + rounding:
        raise DataError(
            f"The mask {path} has {grey.width} x {grey.height} pixels, which are not "
            f"the proportions of its slide ({size[0]} x {size[1]} at a coarse scale). "
            "Expected a picture of the whole slide."
        )
    fitted = grey.point(lambda value: 255 * bool(value)).resize(
        size, Image.Resampling.BOX
    )
    return np.asarray(fitted) > 0


def _empty(slide: Path, source: str) -> str:
    if source.startswith("tissue"):
        return (
            f"{slide} has no tissue: nothing on it is more saturated than the glass. "
            "If it has (grey or unstained), say where: --mask PICTURE, --outline "
            "GEOJSON, or --whole for all of it."
        )
    return f"{slide}: nothing is to be scanned, {source} is empty."

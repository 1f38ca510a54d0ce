"""Small pictures of examples for a page, whatever the files are like."""

import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from tfapp.data.spec import Example
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.upright import orientation_of, upright
from tfapp.report.blocks import Tile

Item = TypeVar("Item")

Maps = Callable[[Sequence[Example], Sequence[int]], list[bytes]]
"""Examples and a class of each → JPEGs that show where the network found it; raises
TfappError if the file does not show it."""

SIZE = 144
"""Pixels of the longer side."""

MAX_PIXELS = 100_000_000
"""Larger images are not decoded; they get a grey tile."""


def thumbnail(
    read: Callable[[Example], bytes], example: Example, size: int = SIZE
) -> tuple[bytes, str]:
    """Return a small picture of an example, and never fail.

    EXIF orientation is applied; an animation gives its first frame. An image of
    less than half the size is enlarged by a whole number without smoothing (so that
    8x8 digits show their pixels) and kept as PNG, others are shrunk to JPEG.
    Whatever cannot be read becomes a grey tile.

    Args:
        read: returns the encoded image of an example.
        example: the example to show.
        size: pixels of the longer side, at most.

    Returns:
        encoded image and its media type, "image/png" or "image/jpeg".
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata; the check of the data has reported it.
            warnings.simplefilter("ignore")
            return _shrink_or_enlarge(read(example), size)
    except Exception:  # one broken file must not cost the user the report
        return _encode(Image.new("L", (size, size), 128), "PNG")


def file_tile(path: Path, caption: str) -> Tile | None:
    """Return a small picture of a file, None if there is none here."""
    if not path.is_file():
        return None
    example = Example(str(path), "test")
    image, media_type = thumbnail(lambda _: path.read_bytes(), example)
    return Tile(image, media_type, caption, str(path))


def sample_by_class(
    examples: Sequence[Example], class_names: Sequence[str], most: int = 48
) -> dict[str, list[Example]]:
    """Choose examples spread evenly over each class, at most six per class.

    Args:
        examples: the examples of one split.
        class_names: all classes; with more than `most`, evenly spread ones.
        most: examples in all.

    Returns:
        examples per class name, in the order of the classes; none for no examples.
    """
    by_class: dict[str, list[Example]] = {name: [] for name in class_names}
    for example in examples:
        by_class[example.target].append(example)
    present = [name for name in class_names if by_class[name]]
    shown = _spread(present, most)
    each = min(6, max(1, most // max(len(shown), 1)))
    return {name: _spread(by_class[name], each) for name in shown}


def _spread(items: Sequence[Item], most: int) -> list[Item]:
    positions = np.linspace(0, len(items) - 1, min(most, len(items)))
    return [items[int(position)] for position in positions]


def _shrink_or_enlarge(encoded: bytes, size: int) -> tuple[bytes, str]:
    encoded = decodable(encoded)
    with Image.open(io.BytesIO(encoded)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too large to decode")
        image.draft("RGB", (2 * size, 2 * size))  # JPEG: decode at a smaller scale
        shown = _displayable(upright(image, orientation_of(encoded)))
    longer = max(shown.size)
    if longer <= size // 2:
        factor = size // longer
        enlarged = (shown.width * factor, shown.height * factor)
        return _encode(shown.resize(enlarged, Image.Resampling.NEAREST), "PNG")
    shown.thumbnail((size, size), Image.Resampling.LANCZOS)
    return _encode(shown, "JPEG")


def _displayable(image: Image.Image) -> Image.Image:
    """Convert to 8-bit grey or RGB; wider numbers are stretched, not clipped."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float64)
        spread = max(float(np.ptp(values)), 1e-12)
        scaled = (values - values.min()) / spread * 255
        return Image.fromarray(scaled.astype(np.uint8))
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")


def _encode(image: Image.Image, kind: str) -> tuple[bytes, str]:
    stream = io.BytesIO()
    options = {"quality": 78} if kind == "JPEG" else {"optimize": True}
    image.save(stream, kind, **options)
    return stream.getvalue(), f"image/{kind.lower()}"

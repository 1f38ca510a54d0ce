"""Parts of a picture, each with its surroundings, and reflections around the whole."""

from dataclasses import dataclass
from typing import Any

from keras import ops

STEP = 32
"""Pixels; every network here shrinks a picture at most so many times."""
MARGIN = 32
"""Pixels of reflection around a picture; what a network makes of them is cut off."""
AROUND = 64
"""Pixels around a part of a large picture, of which the same is true."""
SMALLEST_PART = 128


@dataclass(frozen=True)
class Box:
    """A part of a padded picture, and how much of it lies around what counts.

    Args:
        top: row of the padded picture at which the part begins; so `left`, a column.
        left: see `top`.
        height: rows of the part; so `width`, columns.
        width: see `height`.
        inner: (top, left, height, width) of what counts, within the part.
    """

    top: int
    left: int
    height: int
    width: int
    inner: tuple[int, int, int, int]

    def cut(self, padded: Any) -> Any:
        """Return the part of a padded picture, (height, width, channels)."""
        rows = slice(self.top, self.top + self.height)
        return padded[rows, self.left : self.left + self.width]

    def crop(self, features: Any) -> Any:
        """Return the features of what counts from those of the part.

        Args:
            features: tensor (..., rows, columns, channels).
        """
        rows, columns = features.shape[-3:-1]
        top, left, height, width = self.inner
        down, right = rows / self.height, columns / self.width
        first, start = round(top * down), round(left * right)
        last = max(round((top + height) * down), first + 1)
        end = max(round((left + width) * right), start + 1)
        return features[..., first:last, start:end, :]


def padded(pictures: Any) -> Any:
    """Return pictures with reflections around them: a border is as the inside is.

    Args:
        pictures: float tensor (..., height, width, channels), more than `MARGIN`
            pixels a side.

    Returns:
        Float tensor; its sides are multiples of `STEP`, `MARGIN` rows and columns
        are above and left of a picture, and at least as many below and right.
    """
    others = [(0, 0)] * (len(pictures.shape) - 3)
    missing = [(0, -side % STEP) for side in pictures.shape[-3:-1]]
    around = [*others, (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)]
    wide = ops.pad(pictures, around, mode="reflect")
    return ops.pad(wide, [*others, *missing, (0, 0)], mode="reflect")


def boxes(height: int, width: int, side: int) -> list[Box]:
    """Divide a picture into parts, each with its surroundings.

    Args:
        height: of the picture, without padding; so `width`.
        width: see `height`.
        side: longest side of what counts of a part, a multiple of `STEP`.

    Returns:
        Boxes whose inner parts cover every pixel of the picture once.
    """
    return [
        Box(top, left, rows, columns, (down, right, *counts))
        for top, rows, down, counted_rows in _spans(height, side)
        for left, columns, right, counted_columns in _spans(width, side)
        for counts in [(counted_rows, counted_columns)]
    ]


def _spans(length: int, side: int) -> list[tuple[int, int, int, int]]:
    """Divide one side of a picture.

    Returns:
        Of each part: where it begins in the padded picture, its length, where in it
        begins what counts, and the length of that.
    """
    whole = 2 * MARGIN + length + -length % STEP
    spans = []
    for begin in range(0, length, side):
        counts = min(side, length - begin)
        start = max(begin + MARGIN - AROUND, 0)
        end = min(begin + counts + MARGIN + AROUND, whole)
        end += -(end - start) % STEP  # `whole` is a multiple too, so this stays in it
        spans.append((start, end - start, MARGIN + begin - start, counts))
    return spans


def part_side(height: int, width: int, bytes_per_pixel: float, memory: float) -> int:
    """Return the side of the parts that a picture is divided into, 0 for none.

    Args:
        height: of the picture; so `width`.
        width: see `height`.
        bytes_per_pixel: that features and gradients take.
        memory: bytes that they may take.
    """
    pixels = memory / bytes_per_pixel
    if (height + 2 * MARGIN) * (width + 2 * MARGIN) <= pixels:
        return 0
    side = int(pixels**0.5) - 2 * AROUND
    return max(side // STEP * STEP, SMALLEST_PART)

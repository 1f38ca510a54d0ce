"""The pictures that a style is drawn from, read and brought to a size."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.style import pictures
from tfapp.domains.images.style.features.targets import Style
from tfapp.domains.images.style.settings import SMALLEST_SIDE, StyleSettings

PLAIN_STARTS = ("content", "noise")


@dataclass(frozen=True)
class Inputs:
    """All pictures of a run but the contents.

    Args:
        settings: of the run.
        styles: uint8 (height, width, 3) each.
        masks: of each style: uint8 (height, width, 3), or None; () without masks.
        start: uint8 (height, width, 3), None for the content or noise.
    """

    settings: StyleSettings
    styles: Sequence[np.ndarray]
    masks: Sequence[np.ndarray | None]
    start: np.ndarray | None

    def content_at(self, pixels: np.ndarray, size: int) -> np.ndarray:
        """Return the content in a size, grey if its colours are kept apart.

        Args:
            pixels: uint8 (height, width, 3).
            size: pixels of the longest side.

        Returns:
            float32, in [0, 1].

        Raises:
            ConfigError: if the picture is too narrow at this size.
        """
        sides = pictures.sides(pixels.shape, size)
        if min(sides) < SMALLEST_SIDE:
            height, width = pixels.shape[:2]
            raise ConfigError(
                f"A picture of {width}x{height} pixels is too narrow at size {size}: "
                f"{sides[1]}x{sides[0]}. Expected at least {SMALLEST_SIDE} "
                "pixels a side; choose a larger `size`, or cut the picture."
            )
        small = pictures.resized(pixels, sides)
        return pictures.in_grey(small) if self.settings.keep_color else small

    def styles_at(self, content: np.ndarray, size: int) -> list[Style]:
        """Return the styles in a size, each with its share and mask.

        Args:
            content: float32 (height, width, 3), as `content_at` returns.
            size: pixels of the longest side of a style.
        """
        result = []
        masks = self.masks or [None] * len(self.styles)
        for pixels, share, mask in zip(
            self.styles, self.settings.shares, masks, strict=True
        ):
            small = self._style_at(pixels, size)
            if self.settings.keep_color:
                small = pictures.grey_as(small, content)
            result.append(Style(small, share, self._mask_at(mask, content)))
        return result

    def covered(self, content: np.ndarray) -> np.ndarray | None:
        """Return how much of each pixel is drawn, (height, width, 1); None for all."""
        maps = [self._mask_at(mask, content) for mask in self.masks]
        real = [mask for mask in maps if mask is not None]
        if not maps or len(real) < len(maps):
            return None
        return np.clip(np.sum(real, axis=0), 0.0, 1.0)[..., None]

    def start_at(
        self, content: np.ndarray, last: np.ndarray | None, seed: int
    ) -> np.ndarray:
        """Return the picture to begin with.

        Args:
            content: float32 (height, width, 3).
            last: the result of the picture before, any size, or None.
            seed: of the noise.
        """
        size = content.shape[:2]
        if last is not None:
            return pictures.enlarged(last, size)
        if self.start is not None:
            start = pictures.resized(self.start, size)
            return pictures.in_grey(start) if self.settings.keep_color else start
        if self.settings.start == "noise":
            noise = np.random.default_rng(seed).random(content.shape)
            return noise.astype(np.float32)
        return content

    def _style_at(self, pixels: np.ndarray, size: int) -> np.ndarray:
        height, width = pictures.sides(pixels.shape, size)
        shortest = min(height, width)
        if shortest < SMALLEST_SIDE:  # a narrow style is shown larger
            size = -(-size * SMALLEST_SIDE // shortest)
            height, width = pictures.sides(pixels.shape, size)
        return pictures.resized(pixels, (height, width))

    def _mask_at(
        self, mask: np.ndarray | None, content: np.ndarray
    ) -> np.ndarray | None:
        if mask is None:
            return None
        return pictures.resized(mask[..., 0], content.shape[:2])


def read_inputs(settings: StyleSettings) -> Inputs:
    """Read styles, masks and start.

    Raises:
        DataError: for a file that cannot be used.
    """
    styles = [pictures.read_picture(place, "style") for place in settings.styles]
    masks = [pictures.read_picture(m, "mask") if m else None for m in settings.masks]
    for place, mask in zip(settings.masks, masks, strict=True):
        if mask is not None and not mask.any():
            raise DataError(
                f"The mask {place!r} is black, so no pixel gets its style. Expected "
                "white where the style is wanted."
            )
    start = None
    if settings.start not in PLAIN_STARTS:
        start = pictures.read_picture(settings.start, "start")
    return Inputs(settings, styles, masks, start)


def refuse_same(path: Path, content: np.ndarray, inputs: Inputs) -> None:
    """Refuse a style that is the content: nothing would change.

    Raises:
        DataError: naming both.
    """
    for place, style in zip(inputs.settings.styles, inputs.styles, strict=True):
        if np.array_equal(content, style):
            raise DataError(
                f"The style {place!r} is the content {str(path)!r} itself, so nothing "
                "would change. Name another style."
            )

"""What a recipe says of a picture to draw, checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tfapp.base.errors import ConfigError

MOST_PIXELS_A_SIDE = 8192
SMALLEST_SIDE = 40
"""Pixels; a side has to be longer than the reflection around a picture."""
SMALLEST_SIZE = 64


@dataclass(frozen=True)
class StyleSettings:
    """What is drawn, how long, and how much each loss counts.

    Args:
        styles: picture files whose style is wanted.
        style_shares: how much each style counts; () for all alike.
        masks: for each style the picture whose white parts get it, "" for everywhere;
            () for no masks.
        start: "content", "noise" or a picture file.
        size: pixels of the longest side.
        coarsest: pixels; a larger picture begins at a half, a quarter, … of its size,
            at most so many.
        steps: evaluations at the coarsest size; each size after it gets half of the
            one before.
        optimizer: L-BFGS or Adam.
        learning_rate: of Adam, in shares of the range of a pixel.
        history: pairs of vectors that L-BFGS keeps.
        content_weight: of the content loss.
        style_weight: of the style loss.
        variation_weight: of the total variation.
        style_layers: of the extractor; () for its own (docs/style.md).
        content_layers: of the extractor; () for its own.
        keep_color: whether the picture has the colours of the content.
        look: evaluations between two pictures on the sheet.
        memory: gigabytes for the features; larger pictures are computed part by part.
        out: file that gets the picture too; "" for none. A folder of contents has none.
    """

    styles: Sequence[str]
    style_shares: Sequence[float]
    masks: Sequence[str]
    start: str
    size: int
    coarsest: int
    steps: int
    optimizer: Literal["lbfgs", "adam"]
    learning_rate: float
    history: int
    content_weight: float
    style_weight: float
    variation_weight: float
    style_layers: Sequence[str]
    content_layers: Sequence[str]
    keep_color: bool
    look: int
    memory: float
    out: str

    def __post_init__(self) -> None:
        self._require("styles", bool(self.styles), "at least one picture", self.styles)
        self._per_style("style_shares", self.style_shares)
        self._per_style("masks", self.masks)
        positive = [s for s in self.style_shares if s > 0]
        every = len(positive) == len(self.style_shares)
        self._require("style_shares", every, "numbers above 0", self.style_shares)
        in_range = SMALLEST_SIZE <= self.size <= MOST_PIXELS_A_SIDE
        sizes = f"{SMALLEST_SIZE} to {MOST_PIXELS_A_SIDE} pixels"
        self._require("size", in_range, sizes, self.size)
        wide = self.coarsest >= SMALLEST_SIZE
        self._require("coarsest", wide, f"at least {SMALLEST_SIZE}", self.coarsest)
        for name in ("steps", "history", "look"):
            value = getattr(self, name)
            self._require(name, value >= 1, "at least 1", value)
        for name in ("learning_rate", "style_weight", "memory"):
            value = getattr(self, name)
            self._require(name, value > 0, "a number above 0", value)
        for name in ("content_weight", "variation_weight"):
            value = getattr(self, name)
            self._require(name, value >= 0, "0 or more", value)

    def _per_style(self, name: str, values: Sequence[object]) -> None:
        fits = len(values) in (0, len(self.styles))
        wanted = f"one for each of the {len(self.styles)} styles"
        self._require(name, fits, wanted, values)

    def _require(self, name: str, holds: bool, wanted: str, value: object) -> None:
        if not holds:
            value = list(value) if isinstance(value, tuple) else value
            raise ConfigError(
                f"`task_options.{name}` must be {wanted}. Received: {value!r}"
            )

    @property
    def shares(self) -> list[float]:
        """How much each style counts; they sum to 1."""
        shares = list(self.style_shares) or [1.0] * len(self.styles)
        return [share / sum(shares) for share in shares]

    def scales(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return size and evaluations of each step from coarse to fine.

        Args:
            height: of the content as it is; so `width`.
            width: see `height`.
        """
        shortest = min(height, width) / max(height, width)
        sizes = [self.size]
        while sizes[0] > self.coarsest:
            half = (sizes[0] + 1) // 2
            if half * shortest < SMALLEST_SIDE:
                break  # a narrow picture has no coarser size
            sizes.insert(0, half)
        return [(size, max(self.steps >> k, 1)) for k, size in enumerate(sizes)]

"""One picture's explanations side by side, as a Matplotlib figure.

Everything is placed in inches, from the top left, so that nothing can collide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from tfapp.domains.images.explanation.overlay import (
    colours,
    enlarged,
    largest,
    overlay,
)
from tfapp.domains.images.explanation.spec import Finding, Heat, Picture
from tfapp.report.style import PALETTE, look
from tfapp.report.wording import drawable, percent

MARGIN = 0.3
GAP = 0.25
CELL = 2.8
"""Width of a picture, and the most of its height."""
TITLE, HEADING, BAR, CAPTION = 0.75, 0.32, 0.78, 0.5
"""Heights of the text on top, above a cell, of a colour bar and below a photo."""
MOST_CLASSES = 3
"""Classes whose probabilities stand on top."""


@dataclass(frozen=True)
class Sheet:
    """Everything that was found for one picture.

    Args:
        name: of the picture.
        picture: with its pixels and the classes to explain: a row each.
        shares: float array (num_classes,), probabilities.
        class_names: in their order.
        findings: of the kinds of explanation, in the order to show them.
    """

    name: str
    picture: Picture
    shares: np.ndarray
    class_names: Sequence[str]
    findings: Sequence[Finding]

    def draw(self) -> Figure:
        """Return the figure; `style.to_png` writes it."""
        rows = self._rows()
        strips = [finding for finding in self.findings if finding.photos]
        columns = max(1 + max(len(heats) for _, heats in rows), 3 if strips else 2)
        width = columns * (CELL + GAP) - GAP
        height, wide = _fitted(self.picture.pixels)
        row_height = HEADING + height + BAR
        tops = [TITLE + number * row_height for number in range(len(rows) + 1)]
        for finding in strips:
            tops.append(tops[-1] + _strip_height(finding, width))
        with look():
            canvas = _Canvas(width + 2 * MARGIN, tops[-1] + 2 * MARGIN)
            self._write_title(canvas)
            for top, (index, heats) in zip(tops, rows, strict=False):
                self._draw_row(canvas, top + HEADING, (wide, height), index, heats)
            for top, finding in zip(tops[len(rows) :], strips, strict=False):
                _draw_photos(canvas, top, width, finding)
        return canvas.figure

    def _rows(self) -> list[tuple[int, list[Heat]]]:
        """Return each class with its maps; the predicted one in any case."""
        heats = [heat for finding in self.findings for heat in finding.heats]
        rows = [
            (index, [heat for heat in heats if heat.class_index == index])
            for index in self.picture.classes
        ]
        return [rows[0], *(row for row in rows[1:] if row[1])]

    def _write_title(self, canvas: "_Canvas") -> None:
        canvas.write(0.0, 0.0, drawable(self.name, 60), fontsize=13, weight="bold")
        likeliest = np.argsort(-self.shares, kind="stable")[:MOST_CLASSES]
        class_texts = (
            f"{self._class(i)}: {percent(float(self.shares[i]))}" for i in likeliest
        )
        muted = PALETTE["muted"]
        canvas.write(0.0, 0.3, "Prediction: " + ",  ".join(class_texts), color=muted)

    def _class(self, index: int) -> str:
        return drawable(self.class_names[index], 22)

    def _draw_row(
        self,
        canvas: "_Canvas",
        top: float,
        size: tuple[float, float],
        index: int,
        heats: Sequence[Heat],
    ) -> None:
        pixels = self.picture.pixels
        canvas.picture(0.0, top, size, enlarged(pixels), "As the network sees it")
        for column, heat in enumerate(heats, start=1):
            left = column * (CELL + GAP)
            drawn = overlay(pixels, heat.values, signed=heat.signed)
            title = f"{heat.title}: {self._class(index)}"
            canvas.picture(left, top, size, drawn, title)
            canvas.colour_bar(left, top + size[1] + 0.1, size[0], heat)


class _Canvas:
    """A figure on which things are placed in inches from the top left margin."""

    def __init__(self, width: float, height: float) -> None:
        self.figure = Figure(figsize=(width, height))
        self.width, self.height = width, height

    def write(self, left: float, top: float, text: str, **options: Any) -> None:
        x = (left + MARGIN) / self.width
        y = 1 - (top + MARGIN) / self.height
        self.figure.text(x, y, text, va="top", **options)

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        x = (left + MARGIN) / self.width
        y = 1 - (top + MARGIN + height) / self.height
        return self.figure.add_axes(
            (x, y, width / self.width, height / self.height), frameon=False
        )

    def picture(
        self,
        left: float,
        top: float,
        size: tuple[float, float],
        image: np.ndarray,
        title: str,
    ) -> None:
        axes = self.axes(left, top, *size)
        axes.imshow(image, interpolation="antialiased", aspect="auto")
        axes.set_axis_off()
        if title:
            self.write(left, top - 0.24, title, fontsize=10, weight="bold")

    def colour_bar(self, left: float, top: float, width: float, heat: Heat) -> None:
        high = largest(heat.values) if heat.signed else 1.0
        low = -high if heat.signed else 0.0
        axes = self.axes(left, top, width, 0.11)
        axes.set_frame_on(True)
        mappable = ScalarMappable(Normalize(low, high), colours(heat.signed))
        ticks = [low, (low + high) / 2, high]
        bar = self.figure.colorbar(
            mappable, cax=axes, orientation="horizontal", ticks=ticks
        )
        bar.outline.set_visible(False)
        bar.ax.set_xticklabels([f"{tick:.2g}" for tick in ticks], fontsize=8.5)
        for label, side in zip(bar.ax.get_xticklabels(), _SIDES, strict=True):
            label.set_horizontalalignment(side)
        self.write(
            left + width / 2,
            top + 0.31,
            heat.unit,
            fontsize=8.5,
            ha="center",
            color=PALETTE["muted"],
        )


_SIDES: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")


def _fitted(pixels: np.ndarray) -> tuple[float, float]:
    """Return height and width in inches of a picture in its cell."""
    height, width = pixels.shape[:2]
    scale = CELL / max(height, width)
    return height * scale, width * scale


def _photo_cell(finding: Finding, width: float) -> tuple[float, float]:
    """Return side of a square that holds each photo, and height of the tallest."""
    side = (width + GAP) / finding.photos_per_row - GAP
    heights = [_fitted(photo.image)[0] * side / CELL for photo in finding.photos]
    return side, max(heights)


def _strip_height(finding: Finding, width: float) -> float:
    _, height = _photo_cell(finding, width)
    rows = -(-len(finding.photos) // finding.photos_per_row)
    return HEADING + rows * (height + CAPTION)


def _draw_photos(canvas: _Canvas, top: float, width: float, finding: Finding) -> None:
    canvas.write(0.0, top, finding.photos_title, fontsize=10, weight="bold")
    side, tallest = _photo_cell(finding, width)
    for number, photo in enumerate(finding.photos):
        row, column = divmod(number, finding.photos_per_row)
        high, wide = (side / CELL * inches for inches in _fitted(photo.image))
        left = column * (side + GAP)
        place = top + HEADING + row * (tallest + CAPTION)
        canvas.picture(left, place, (wide, high), photo.image, "")
        canvas.write(left, place + tallest + 0.06, photo.caption, fontsize=9)

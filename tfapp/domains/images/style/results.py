"""How well a picture has the style and the content that were wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.domains.images.style.features.objective import Objective
from tfapp.report.blocks import Fact, Table
from tfapp.report.wording import percent
from tfapp.tasks.results import PrimaryMetric, Quantity, Results

METRIC = PrimaryMetric(
    "style_loss",
    "Style loss",
    "style loss",
    bounds=(0.0, float("inf")),
    better="lower",
    others=(Quantity("content_loss", "Content loss", "content loss"),),
    examples="pictures",
)


@dataclass(frozen=True)
class Drawn:
    """One picture that was drawn.

    Args:
        content: file of the content.
        path: the PNG file.
        pixels: uint8 (height, width, 3).
        before: losses of the content by name, as `Objective` names them.
        after: losses of the picture.
    """

    content: Path
    path: Path
    pixels: np.ndarray
    before: Mapping[str, float]
    after: Mapping[str, float]


def losses_of(objective: Objective, picture: np.ndarray) -> dict[str, float]:
    """Return the losses of a picture by layer, and their means over the layers.

    Args:
        objective: of the size of the picture.
        picture: float (height, width, 3).

    Returns:
        Loss by name; "style_loss" and "content_loss" are the means.
    """
    losses = objective.measure(picture)
    return losses | {
        f"{kind}_loss": float(
            np.mean([v for k, v in losses.items() if k.startswith(f"{kind}_")])
        )
        for kind in ("style", "content")
    }


def style_results(drawn: Sequence[Drawn]) -> Results:
    """Return the figures of a run: means over its pictures."""
    figures: dict[str, Any] = {
        key: float(np.mean([picture.after[key] for picture in drawn]))
        for key in drawn[0].after
    }
    before = float(np.mean([picture.before["style_loss"] for picture in drawn]))
    figures["style_loss_of_content"] = before
    figures["style_reduction"] = 1.0 - figures["style_loss"] / before
    rows = tuple(
        (str(p.content), p.content.name, f"{p.after['style_loss']:.9g}") for p in drawn
    )
    height, width = drawn[0].pixels.shape[:2]
    headline = (
        Fact("Style loss", f"{figures['style_loss']:.4f}", f"{before:.4f} before"),
        Fact("Style loss reduced by", percent(figures["style_reduction"])),
        Fact("Content loss", f"{figures['content_loss']:.4f}"),
        Fact("Size", f"{width} x {height}", "pixels"),
        *(Fact("Picture", str(p.path), code=True) for p in drawn[:1]),
    )
    return Results(
        metric=METRIC,
        figures=figures,
        calibration={},
        scores=Table(("key", "name", "score"), rows, "Style loss of every picture"),
        headline=headline,
    )

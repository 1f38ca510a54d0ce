"""How a slide is scanned."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tfapp.base.errors import ConfigError
from tfapp.domains.images.slides.reading.area import Marking


@dataclass(frozen=True)
class ScanSettings:
    """How slides are scanned.

    Args:
        mpp: microns per pixel of level 0, which wins over the file's; 0 for the file's.
        model_mpp: microns per pixel of the patches that the model learned from; 0 for
            what its card says.
        patch: pixels of a side of a tile; 0 for that of the patches that the model
            learned from, as its card says.
        stride: pixels, at the scale of the patches, from a tile to the next; 0 for
            half a patch, and for 4 pixels where every pixel is answered.
        turns: views of each tile whose answers are averaged: 1, the 4 quarter turns,
            or these and their mirror images, 8.
        batch_size: tiles that the network answers at a time.
        marking: what is scanned in place of the tissue.
        target: class whose probability the heat map shows; "" to choose it.
        threshold: probability from which on a place is a lesion.
        radius: pixels, at the scale of the patches, within which a lesion has one
            point; 0 for the side of a patch.
        view_side: pixels of the longer side of the zoomable view, at most; 0 for none.

    Raises:
        ConfigError: for values out of range.
    """

    mpp: float = 0.0
    model_mpp: float = 0.0
    patch: int = 0
    stride: int = 0
    turns: Literal[1, 4, 8] = 1
    batch_size: int = 32
    marking: Marking = field(default_factory=Marking)
    target: str = ""
    threshold: float = 0.5
    radius: float = 0.0
    view_side: int = 20_480

    def __post_init__(self) -> None:
        for name in ("mpp", "model_mpp", "patch", "stride", "radius", "view_side"):
            _require(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        _require("turns", self.turns, self.turns in (1, 4, 8), "1, 4 or 8")
        _require("batch_size", self.batch_size, self.batch_size > 0, "1 or more")
        inside = 0 < self.threshold < 1
        _require("threshold", self.threshold, inside, "a number between 0 and 1")

    def to_json(self) -> Mapping[str, Any]:
        """Return everything, JSON-ready."""
        return asdict(self)


def _require(name: str, value: object, holds: bool, expected: str) -> None:
    if not holds:
        option = name.replace("_", "-")
        raise ConfigError(f"`--{option}` must be {expected}. Received: {value!r}")

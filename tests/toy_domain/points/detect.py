"""Whether data is points: by the suffix."""

from collections.abc import Mapping
from typing import Any

from tfapp.data.detection import Detected


def detect(place: str, options: Mapping[str, Any]) -> Detected | None:
    """Return that a file is points, None for anything else."""
    if not place.endswith(".points"):
        return None
    return Detected("points", "point_classification", "its name ends in .points")

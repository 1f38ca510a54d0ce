"""Whether data is points: by the suffix."""

from tfapp.data.detection import Detected


def detect(place: str) -> Detected | None:
    """Return that a file is points, None for anything else."""
    if not place.endswith(".points"):
        return None
    return Detected("points", "point_classification", "its name ends in .points")

"""Whether data is volumes or clips of video, by the names of files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.detection import Detected
from tfapp.data.place import both_meant
from tfapp.domains.volumes.clips.names import (
    FRAME_SUFFIXES,
    MOTION,
    VIDEO_SUFFIXES,
    is_frame,
)
from tfapp.domains.volumes.folders import first_file
from tfapp.domains.volumes.voxels.names import SHAPES, SUFFIXES

VOXELS = "voxels", "volume_classification"
CLIPS = "clips", "clip_classification"


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return which kind of volumes lies at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`; they do not matter here.

    Raises:
        DataError: if the name of a built-in source is that of a folder too.
    """
    for name, kind in ((SHAPES, VOXELS), (MOTION, CLIPS)):
        if place == name:
            if Path(place).is_dir():
                raise DataError(both_meant(place))
            return Detected(*kind, f"{name} is a source of {kind[0]}")
    if not place:
        return None
    path = Path(place)
    # A GIF may be a clip or a picture: others decide, and alone it is a picture.
    found = first_file(path, (*SUFFIXES, *VIDEO_SUFFIXES, *FRAME_SUFFIXES))
    if found is None:
        return None
    suffix = found.suffix.lower()
    if suffix in SUFFIXES:
        return Detected(*VOXELS, "files in its folders are grids by their names")
    if suffix in VIDEO_SUFFIXES:
        return Detected(*CLIPS, "files in its folders are videos by their names")
    if is_frame(found.relative_to(path).parts):
        return Detected(*CLIPS, "its folders hold folders of frame_0001.png and so on")
    return None

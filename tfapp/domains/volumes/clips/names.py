"""Names by which clips of video are recognised."""

import re
from pathlib import Path

from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.volumes.folders import is_hidden

MOTION = "motion"
"""The built-in source."""
VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")
GIF_SUFFIX = ".gif"
SUFFIXES = (*VIDEO_SUFFIXES, GIF_SUFFIX)
FRAME_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
FRAME_NAME = re.compile(r"frame[ _-]?\d+", re.IGNORECASE)
"""Of a frame's file without its suffix, as ffmpeg is usually told to write them."""
NUMBERS = re.compile(r"(\d+)")


def frame_files(folder: Path) -> list[Path]:
    """Return the pictures in a folder in the order of the numbers in their names."""
    files = (
        p
        for p in folder.iterdir()
        if p.suffix.lower() in FRAME_SUFFIXES and not is_hidden(p.name)
    )
    return sorted(files, key=lambda p: [_sortable(t) for t in NUMBERS.split(p.name)])


def _sortable(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdecimal() else (0, text)


def is_frame(path: tuple[str, ...]) -> bool:
    """Return whether a file is class/clip/frame_0001.png, below a split or not.

    Args:
        path: its parts, from the folder of the data.
    """
    parts = path[1:] if path[0].lower() in SPLIT_FOLDERS else path
    return len(parts) > 2 and bool(FRAME_NAME.fullmatch(Path(path[-1]).stem))

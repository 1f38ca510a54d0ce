"""From a place to clips with class names, before anything is left out."""

import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.spec import Example
from tfapp.domains.volumes.clips.decoding import Clip, ClipError, read_clip
from tfapp.domains.volumes.clips.motion import motion
from tfapp.domains.volumes.clips.names import MOTION, SUFFIXES, frame_files
from tfapp.domains.volumes.clips.sampling import (
    ClipLayout,
    fit_frame,
    order_frames,
    sample_frames,
)
from tfapp.domains.volumes.folders import Form, class_folders, files_of, subfolders
from tfapp.domains.volumes.voxels.grid_files import read_grid


def clips_of(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Return the clips below a class folder: files of video, and folders of frames."""
    files, skipped = files_of(SUFFIXES)(folder)
    inner = [place for place in subfolders(folder) if frame_files(place)]
    for place in inner:
        skipped["foreign"] -= len(frame_files(place))
    return sorted([*files, *inner]), +skipped


CLIPS = Form(
    "clips",
    "one folder per class with files of video, animated GIFs, or a folder of frames "
    "for each clip; or train/ and test/ with these",
    clips_of,
)


def open_source(context: LoadContext) -> Source:
    """Return the clips of `data.path`: class folders, or the built-in motion.

    Raises:
        ConfigError: if an option of the built-in motion is out of range.
        DataError: if there are no two classes of clips.
    """
    place = expand_path(context.config.path)
    if place == MOTION:
        return motion(context.config.options)
    return class_folders(Path(place), CLIPS, context)


def decode_clip(source: Source, example: Example, layout: ClipLayout) -> Clip:
    """Return the frames of an example as the network takes them, before scaling.

    Raises:
        ClipError: if it is no clip.
    """
    if source.contents:
        clip = _built_in_clip(read_grid(source.read(example)), layout)
    elif not Path(example.name).exists():
        raise ClipError("missing", "the file does not exist.")
    else:
        clip = read_clip(Path(example.name), layout)
    key = zlib.crc32(source.relative_name(example).encode())
    shuffled = order_frames(clip.frames, layout, key)
    return Clip(shuffled, clip.length, clip.seconds, clip.broken)


def _built_in_clip(grid: np.ndarray, layout: ClipLayout) -> Clip:
    """Return a built-in clip, uint8 (frames, height, width), as its file would be."""
    chosen = sample_frames(np.arange(len(grid)).tolist(), layout)
    frames = [fit_frame(Image.fromarray(grid[place]), layout) for place in chosen]
    return Clip(np.stack(frames), len(grid), float(len(grid) - 1))

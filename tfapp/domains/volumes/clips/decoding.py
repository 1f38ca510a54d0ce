"""Files of video, animated GIFs and folders of frames to sampled clips."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from tfapp.base.errors import DataError, TfappError
from tfapp.base.extras import require_extra
from tfapp.domains.volumes.clips.names import VIDEO_SUFFIXES, frame_files
from tfapp.domains.volumes.clips.sampling import ClipLayout, fit_frame, sample_frames

FRAME_RATE = 25.0
"""Frames per second of folders of frames, which do not say it."""
USUAL_DELAY = 0.1
"""Seconds that a frame of a GIF is shown which does not say so."""
LONGEST = 2_000
"""Frames of a clip that are read."""
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
"""What decoders raise for damaged files, and for pictures that would fill memory."""


class ClipError(DataError):
    """What is wrong with one clip.

    Args:
        fault: in a word or two.
        detail: in one sentence.
    """

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail = fault, detail


@dataclass(frozen=True)
class Clip:
    """A clip as a network takes it.

    Args:
        frames: uint8 (frames, height, width, channels).
        length: frames of the file.
        seconds: from the first to the last of them.
        broken: what is wrong with its end, "" for nothing.
    """

    frames: np.ndarray
    length: int
    seconds: float
    broken: str = ""


Frame = tuple[float, np.ndarray]
"""When it is shown, s, and its pixels as `fit_frame` returns them."""


def read_clip(path: Path, layout: ClipLayout) -> Clip:
    """Return the sampled frames of a file, or of a folder of frames.

    Frames are decoded one after the other and kept in the size of the layout alone. If
    the end of a file is broken, the frames before it count.

    Raises:
        ClipError: if there are not two frames.
        DataError: if it is a video and the extra "video" is not installed.
    """
    frames: list[Frame] = []
    broken = ""
    try:
        for frame in _frames_of(path, layout):
            frames.append(frame)
            if len(frames) == LONGEST:
                broken = f"only the first {LONGEST:,} frames are read."
                break
    except TfappError:
        raise
    except UNREADABLE as error:
        if len(frames) < 2:
            reason = getattr(error, "strerror", "") or type(error).__name__
            raise ClipError("unreadable", f"it cannot be decoded ({reason}).") from None
        broken = f"it breaks off behind frame {len(frames)}; those before it count."
    if len(frames) < 2:
        detail = (
            f"it has {len(frames)} frames. Expected 2 or more, or a picture's task."
        )
        raise ClipError("no clip", detail)
    times = np.maximum.accumulate([time for time, _ in frames])
    chosen = sample_frames(times.tolist(), layout)
    pixels = np.stack([frames[place][1] for place in chosen])
    return Clip(pixels, len(frames), float(times[-1] - times[0]), broken)


def _frames_of(path: Path, layout: ClipLayout) -> Iterator[Frame]:
    if path.is_dir():
        return _folder_frames(path, layout)
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return _video_frames(path, layout)
    return _gif_frames(path, layout)


def _folder_frames(folder: Path, layout: ClipLayout) -> Iterator[Frame]:
    for number, file in enumerate(frame_files(folder)):
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image)
            yield number / FRAME_RATE, fit_frame(upright, layout)


def _gif_frames(path: Path, layout: ClipLayout) -> Iterator[Frame]:
    time = 0.0
    with Image.open(path) as image:
        for frame in ImageSequence.Iterator(image):
            yield time, fit_frame(frame, layout)
            time += frame.info.get("duration", 0) / 1000 or USUAL_DELAY


def _video_frames(path: Path, layout: ClipLayout) -> Iterator[Frame]:
    """Yield the frames of a video at their own times, upright.

    Raises:
        ClipError: if the file has no stream of video.
        DataError: without the extra.
    """
    require_extra("video", ("av",), "Reading video files")
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.video:
                raise ClipError("no video", "it has no stream of video.")
            stream: Any = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = float(stream.average_rate or FRAME_RATE)
            for number, frame in enumerate(container.decode(stream)):
                time = number / rate if frame.time is None else float(frame.time)
                turned = frame.to_image().rotate(frame.rotation, expand=True)
                yield time, fit_frame(turned, layout)
    except av.error.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error

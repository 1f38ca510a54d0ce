"""What an exported classifier of clips takes and answers."""

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfapp.domains.volumes.clips.decoding import read_clip
from tfapp.domains.volumes.clips.names import FRAME_SUFFIXES, SUFFIXES
from tfapp.domains.volumes.clips.preprocessor import ClipPreprocessor, read_preprocessor
from tfapp.domains.volumes.clips.sampling import ordered
from tfapp.export.spec import Interface
from tfapp.problems.classification.interface import class_prediction, class_signatures


def read(path: Path, preprocessor: ClipPreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield the sampled frames of a clip.

    Args:
        path: file of video or animated GIF, or one frame of a folder of frames.
        preprocessor: of the model.

    Raises:
        DataError: if it is no clip.
    """
    is_frame = path.suffix.lower() in FRAME_SUFFIXES
    clip = read_clip(path.parent if is_frame else path, preprocessor.layout)
    key = zlib.crc32(path.name.encode())
    yield {"frames": ordered(clip.frames, preprocessor.layout, key)}


INTERFACE = Interface(
    signatures=class_signatures,
    prediction=class_prediction,
    preprocessor=read_preprocessor,
    outputs={"probabilities": "classes"},
    read=read,
    suffixes=SUFFIXES,
    batch_sizes=(1, 4),
)

"""What an exported classifier of clips takes and answers."""

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.volumes.clips.decoding import read_clip
from tfapp.domains.volumes.clips.names import FRAME_SUFFIXES, SUFFIXES
from tfapp.domains.volumes.clips.preprocessor import ClipPreprocessor, read_preprocessor
from tfapp.domains.volumes.clips.sampling import order_frames
from tfapp.domains.volumes.voxels.grid_files import encoded_grid
from tfapp.export.spec import Arrays, Exported, Interface, Signature
from tfapp.problems.classification.interface import (
    class_prediction,
    class_signatures,
    classes_of,
)

FRAMES = "serve_frames"
"""Name of the signature that takes arrays of numbers."""


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a classifier of clips by name.

    Args:
        exported: its model takes frames and returns logits.

    Returns:
        Those of `class_signatures`, which take the contents of files as `clip`, see
        `ClipPreprocessor`; and "serve_frames", which takes `frames`, uint8 (batch,
        frames, height, width, channels), and answers alike.
    """
    classes = classes_of(exported)
    preprocessor = exported.preprocessor

    def serve_frames(frames: Any) -> Mapping[str, Any]:
        return classes(tf.cast(frames, tf.float32))

    def numbers(raw: Arrays) -> Arrays:
        return {"frames": preprocessor(raw).numpy().astype(np.uint8)}

    spec = {"frames": tf.TensorSpec((None, *preprocessor.layout.shape), tf.uint8)}
    return {
        **class_signatures(exported, classes),
        FRAMES: Signature(serve_frames, spec, numbers),
    }


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
    frames = order_frames(clip.frames, preprocessor.layout, key)
    yield {"clip": encoded_grid(frames)}


INTERFACE = Interface(
    signatures=signatures,
    prediction=class_prediction,
    preprocessor=read_preprocessor,
    outputs={"probabilities": "classes"},
    read=read,
    suffixes=SUFFIXES,
    batch_sizes=(1, 4),
)

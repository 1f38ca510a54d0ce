"""Clips with class names to arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.report import refuse_damaged
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.volumes.augmentation import VoxelAugmentation
from tfapp.domains.volumes.clips.check import Examined, examine, layout_of
from tfapp.domains.volumes.clips.preprocessor import ClipPreprocessor, read_preprocessor
from tfapp.domains.volumes.loading import loading_notes
from tfapp.domains.volumes.voxels.changes import make_change
from tfapp.domains.volumes.voxels.grid_files import encoded_grid
from tfapp.problems.classification.examples import split_classes


@dataclass(frozen=True, eq=False)
class ClipDataset(ArrayDataset):
    """Clips in memory, a byte for each number, which batches hold as float32."""

    def _loaded(self, rows: Any) -> tuple[Any, ...]:
        frames, *others = super()._loaded(rows)
        return tf.cast(frames, tf.float32), *others


def clips(
    context: LoadContext,
    *,
    frames: int = 16,
    image_size: tuple[int, int] = (112, 112),
    channels: Literal[1, 3] = 3,
    rate: float = 0.0,
    order: Literal["kept", "shuffled"] = "kept",
    examples: int = 200,
) -> ClipDataset:
    """Clips of video with one class name each, from folders or the built-in motion.

    All sampled frames are kept in memory, a byte for each number.

    Args:
        context: recipe, seed, split file.
        frames: of a clip that the network sees.
        image_size: height and width of a frame, pixels.
        channels: 3 for colours, 1 for grey.
        rate: frames per second, from the middle of a clip; 0 for frames that are evenly
            spread over the whole clip.
        order: "shuffled" puts the frames of each clip into a random order, to measure
            what their order is worth.
        examples: of the built-in motion: clips of each class.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if the clips cannot be used, or differ from the split file.
    """
    del frames, image_size, channels, rate, order, examples  # `layout_of` reads them
    preprocessor = (
        read_preprocessor(context.preprocess)
        if context.preprocess
        else ClipPreprocessor(layout_of(context))
    )
    examined = examine(context, preprocessor.layout)
    refuse_damaged(examined.report, context.config.check.max_bad_share)
    used = split_classes(examined.source, examined.usable, context, "clip")
    return _dataset(context, examined, used, preprocessor)


def _dataset(
    context: LoadContext,
    examined: Examined,
    examples: Sequence[Example],
    preprocessor: ClipPreprocessor,
) -> ClipDataset:
    shape = preprocessor.layout.shape
    labels = context.labels or examined.source.labels
    stored = np.zeros((len(examples), *shape), np.uint8)
    for place, example in zip(stored, examples, strict=True):
        place[:] = examined.frames[example.name]
    rows = {e.name: row for row, e in enumerate(examples)}
    mirror = bool(context.config.augmentation.get("mirror", False))
    info = DataInfo(
        {"frames": InputSpec(shape)}, (), len(labels), labels, fingerprint(examples)
    )
    return ClipDataset(
        info=info,
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=list(rows),
        inputs={"frames": Column(stored)},
        answers=Column(np.array([labels.index(e.target) for e in examples], np.int64)),
        read=lambda example: {"clip": encoded_grid(stored[rows[example.name]])},
        batch_size=context.config.batch_size,
        one_hot=True,
        change=make_change(VoxelAugmentation(mirror=mirror), shape, False),
        augmentation={"mirror": True} if mirror else {},
        notes=tuple(loading_notes(examined.report, examples)),
    )

"""Grids of voxels with class names to arrays."""

from collections.abc import Sequence

import numpy as np

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.report import refuse_damaged
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.volumes.augmentation import VoxelAugmentation
from tfapp.domains.volumes.loading import loading_notes
from tfapp.domains.volumes.voxels.changes import make_change
from tfapp.domains.volumes.voxels.check import Examined, examine
from tfapp.domains.volumes.voxels.grid_files import encoded_grid, read_grid
from tfapp.domains.volumes.voxels.preprocessor import (
    VoxelPreprocessor,
    read_preprocessor,
)
from tfapp.problems.classification.examples import split_classes


def voxels(
    context: LoadContext,
    *,
    side: int = 16,
    examples: int = 200,
    views: int = 3,
    noise: float = 0.01,
) -> ArrayDataset:
    """Grids of voxels with one class name each, from folders or the built-in shapes.

    All grids are kept in memory, as float32.

    Args:
        context: recipe, seed, split file, cache folder.
        side: of the built-in shapes: voxels of a grid's side.
        examples: of the built-in shapes: grids of each class.
        views: of the built-in shapes: sides from which a solid is seen, 1 to 6.
        noise: of the built-in shapes: chance of a voxel to be flipped.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if the grids cannot be used, or differ from the split file.
    """
    del side, examples, views, noise  # the source reads them itself
    before = read_preprocessor(context.preprocess) if context.preprocess else None
    examined = examine(context, before.shape if before else ())
    refuse_damaged(examined.report, context.config.check.max_bad_share)
    used = split_classes(examined.source, examined.usable, context, "grid")
    preprocessor = before or _fit_preprocessor(examined, used)
    return _dataset(context, examined, used, preprocessor)


def _fit_preprocessor(
    examined: Examined, examples: Sequence[Example]
) -> VoxelPreprocessor:
    """Return the preprocessor of the training grids; occupancy is not scaled."""
    if examined.occupancy:
        return VoxelPreprocessor(examined.shape)
    facts = [examined.facts[e.name] for e in examples if e.split == "train"]
    mean = float(np.mean([fact.mean for fact in facts]))
    variance = float(np.mean([fact.square for fact in facts])) - mean**2
    deviation = float(np.sqrt(max(variance, 1e-12)))
    return VoxelPreprocessor(examined.shape, mean, deviation)


def _dataset(
    context: LoadContext,
    examined: Examined,
    examples: Sequence[Example],
    preprocessor: VoxelPreprocessor,
) -> ArrayDataset:
    source, shape = examined.source, preprocessor.input_shape
    labels = context.labels or source.labels
    grids = np.zeros((len(examples), *shape), np.float32)
    for place, example in zip(grids, examples, strict=True):
        place[:] = preprocessor.row(read_grid(source.read(example)))
    config = VoxelAugmentation(**context.config.augmentation)
    info = DataInfo(
        {"volume": InputSpec(shape)}, (), len(labels), labels, fingerprint(examples)
    )
    return ArrayDataset(
        info=info,
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=[e.name for e in examples],
        inputs={"volume": Column(grids)},
        answers=Column(np.array([labels.index(e.target) for e in examples], np.int64)),
        read=lambda e: {"volume": encoded_grid(read_grid(source.read(e)))},
        batch_size=context.config.batch_size,
        one_hot=True,
        change=make_change(config, shape, examined.occupancy),
        augmentation=config.model_dump(exclude_defaults=True),
        notes=tuple(loading_notes(examined.report, examples)),
    )

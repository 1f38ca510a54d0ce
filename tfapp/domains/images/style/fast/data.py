"""Pictures without answers: a folder of files, at any depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import PositiveInt

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import DataInfo, Example, InputSpec, Pass
from tfapp.data.split import fingerprint, split_examples
from tfapp.domains.images.check import Examined, examine
from tfapp.domains.images.dataset import ImageDataset
from tfapp.domains.images.load import image_parts
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.pixel_store import Pixels
from tfapp.domains.images.shapes import INPUT
from tfapp.domains.images.vectors.plan import require_enough


@dataclass(frozen=True, eq=False, kw_only=True)
class PictureDataset(ImageDataset):
    """Pictures to learn from by themselves; implements `tfapp.data.spec.Dataset`."""

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of the targets: there is nothing in them."""
        return (1,)

    def pixels_of(self, examples: tuple[Example, ...], which: Pass) -> Pixels:
        """Return the way to the pixels of examples that every pass needs."""
        if which.remote:
            return self._remote(examples)
        return self._prepare(examples, repeated=True).pixels

    def targets(self, examples: Sequence[Example]) -> np.ndarray:
        """Return nothing to learn, float32 (examples, 1)."""
        return np.zeros((len(examples), 1), np.float32)

    def rows(self, targets: Any) -> Any:
        """Return the targets as they are."""
        return targets


def pictures(
    context: LoadContext,
    *,
    image_size: tuple[int, int] = (256, 256),
    resize: Literal["crop", "pad", "stretch"] = "crop",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
) -> PictureDataset:
    """Photographs or other pictures without labels: all files below a folder.

    Args:
        context: recipe, seed, split file, cache folder.
        image_size: height and width in pixels.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if there are too few pictures, or they cannot be used.
    """
    height, width = image_size  # a list, when the recipe is TOML
    preprocessor = ImagePreprocessor(
        (height, width), 3, resize, interpolation, max_pixels
    )
    parts = image_parts(
        picture_source(context.config.path), context, preprocessor, split_pictures
    )
    used = [e for split in parts["examples"].values() for e in split]
    inputs = {INPUT: InputSpec(preprocessor.shape)}
    info = DataInfo(inputs, (height, width), 3, fingerprint=fingerprint(used))
    return PictureDataset(info=info, **parts)


def check_pictures(context: LoadContext) -> CheckReport:
    """Look at all pictures and report what is wrong with them."""
    report = examine(picture_source(context.config.path), context).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def picture_source(place: str, key: str = "data.path") -> Source:
    """List the pictures below a folder.

    Args:
        place: the folder; ~ and $VAR expand.
        key: of the recipe, that names it.

    Raises:
        DataError: if it is none, or holds none.
    """
    root = Path(expand_path(place)).absolute()
    if not root.is_dir():
        raise DataError(
            f"`{key}` = {str(root)!r} is no folder. Expected a folder of pictures."
        )
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise DataError(
            f"The folder {str(root)!r} holds no picture. Expected files ending in "
            f"{', '.join(IMAGE_SUFFIXES)}."
        )
    examples = tuple(Example(str(path)) for path in files)
    return Source(str(root), root, examples, ())


def split_pictures(
    source: Source, examined: Examined, context: LoadContext
) -> tuple[Example, ...]:
    """Return the usable pictures, each with its split."""
    return split_examples(source, examined.usable, context)

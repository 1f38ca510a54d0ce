"""Pictures, each with a style of another folder that changes in every epoch."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from pydantic import PositiveInt

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import DataInfo, Example, InputSpec, Pass
from tfapp.data.split import fingerprint
from tfapp.data.streams import epoch_order, joined_batches
from tfapp.domains.images.check import examine
from tfapp.domains.images.load import image_parts
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.pixel_store import plan_store
from tfapp.domains.images.shapes import INPUT
from tfapp.domains.images.style.adain.preprocessor import (
    ALPHA,
    RAW_STYLE,
    PairPreprocessor,
)
from tfapp.domains.images.style.fast.data import (
    PictureDataset,
    check_pictures,
    picture_source,
    split_pictures,
)
from tfapp.domains.images.style.names import STYLE


@dataclass(frozen=True, eq=False, kw_only=True)
class PairDataset(PictureDataset):
    """Pictures with styles; implements `tfapp.data.spec.Dataset`.

    Args:
        styles: of another folder.
    """

    styles: PictureDataset

    @property
    def style_files(self) -> tuple[Example, ...]:
        """The pictures whose style is learned."""
        return self.styles.examples["train"]

    def raw(self, example: Example) -> Mapping[str, Any]:
        """Return the encoded picture and its style.

        Raises:
            DataError: if a file is gone, or cannot be read or converted.
        """
        [number] = self.style_of([example])
        style = self.styles.raw(self.style_files[number])[RAW_IMAGE]
        return {**super().raw(example), RAW_STYLE: style, ALPHA: np.float32(1.0)}

    def style_of(self, examples: Sequence[Example], epoch: int = 0) -> np.ndarray:
        """Return the number of the style of each picture, int64 (examples,).

        It follows from the name of the picture and the epoch alone.
        """
        first = [hashlib.sha256(e.name.encode()).digest()[:6] for e in examples]
        numbers = np.array([int.from_bytes(digits) for digits in first], np.int64)
        return (numbers + epoch) % len(self.style_files)

    def batches(self, examples: Sequence[Example], which: Pass) -> Any:
        """Return one pass over pictures; see `Dataset`.

        Returns:
            ({"image", "style"}, nothing to learn): float32 (batch, height, width, 3) in
            [0, 255] each, and (batch, 1).
        """
        examples = tuple(examples)
        order = epoch_order(
            len(examples), shuffle=which.shuffle, seed=which.seed, epoch=which.epoch
        )
        numbers = self.style_of(examples, which.epoch if which.shuffle else 0)[order]
        pixels = self.styles.pixels_of(self.style_files, which)
        styles = joined_batches(
            lambda places, size: pixels.batches(numbers[places], size),
            len(order),
            which,
            self.batch_size,
        )
        pairs = tf.data.Dataset.zip(super().batches(examples, which), styles)

        @tf.autograph.experimental.do_not_convert
        def joined(batch: Any, style: Any) -> tuple[Any, Any]:
            images, targets = batch
            return {INPUT: images, STYLE: tf.cast(style[1], tf.float32)}, targets

        return pairs.map(joined, num_parallel_calls=tf.data.AUTOTUNE)

    def stream(self, examples: Sequence[Example], which: Pass, end: int) -> Any:
        """Return None: every pass is made by itself, with styles of its own."""
        return None


def styled_pictures(
    context: LoadContext,
    *,
    styles: str,
    image_size: tuple[int, int] = (256, 256),
    resize: Literal["crop", "pad", "stretch"] = "crop",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
) -> PairDataset:
    """A folder of photographs without labels, and a folder of paintings.

    Args:
        context: recipe, seed, split file, cache folder.
        styles: folder of pictures whose style is learned, at any depth.
        image_size: height and width in pixels, of pictures and styles.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if there are too few pictures or no styles, or they cannot be used.
    """
    height, width = image_size  # a list, when the recipe is TOML
    preprocessor = PairPreprocessor(
        (height, width), 3, resize, interpolation, max_pixels
    )
    source = picture_source(context.config.path)
    parts = image_parts(source, context, preprocessor, split_pictures)
    used = [e for split in parts["examples"].values() for e in split]
    found, style_files = _styles(context, styles)
    shape = InputSpec(preprocessor.shape)
    info = DataInfo(
        {INPUT: shape, STYLE: shape},
        (height, width),
        3,
        fingerprint=fingerprint([*used, *style_files]),
    )
    own = {**parts, "source": found, "examples": {"train": style_files}}
    count = len(style_files) * int(np.prod(preprocessor.shape))
    own["plan"] = plan_store(context.config.cache, count, context.cache_dir)
    parts["notes"] += (f"{len(style_files)} styles",)
    return PairDataset(info=info, styles=PictureDataset(info=info, **own), **parts)


def check_pairs(context: LoadContext) -> CheckReport:
    """Look at all pictures and styles, and report what is wrong with them."""
    report = check_pictures(context)
    place = str(context.config.options.get("styles", ""))
    if place:  # it may be named later
        try:
            _styles(context, place)
        except DataError as error:
            return refused(report, error)
    return report


def _styles(context: LoadContext, place: str) -> tuple[Any, tuple[Example, ...]]:
    """Return the source of the styles, and those that can be read.

    Raises:
        DataError: if there are none.
    """
    source = picture_source(place, "data.options.styles")
    usable = examine(source, context).usable.examples
    files = tuple(replace(e, split="train") for e in usable)
    if not files:
        raise DataError(
            f"`data.options.styles` = {place!r} holds no picture that can be read. "
            "Name a folder of paintings."
        )
    return source, files

"""Labelled images in batches: order, decode or look up, batch, augment, prefetch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.data.listing import Source
from tfapp.data.spec import DataInfo, Example, Pass
from tfapp.data.streams import (
    epoch_order,
    fold,
    index_stream,
    joined_batches,
    mapped,
    numbered,
    pass_seed,
)
from tfapp.domains.images.augmentation.changes import (
    describe_augmentation,
    make_augment,
)
from tfapp.domains.images.augmentation.config import ImageAugmentation
from tfapp.domains.images.preprocessor import (
    RAW_IMAGE,
    ImagePreprocessor,
    compiled_fit,
)
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.pixel_store import (
    Load,
    Pixels,
    StorePlan,
    disk_folder,
    fill_disk,
    fill_memory,
)

STREAMED_KNOWN = 4
"""Lists of examples whose paths stay prepared although nothing of them is kept."""


@dataclass(eq=False)
class _Prepared:
    """What every pass over the same examples shares."""

    examples: tuple[Example, ...]
    labels: Any
    pixels: Pixels
    in_cache: bool


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Images with one class each; implements `tfapp.data.spec.Dataset`.

    Passes that repeat (shuffled, augmented, or over validation examples) keep their
    preprocessed images as `plan` sets; a single pass over others keeps nothing.

    Args:
        info: shape of an image, and the classes in the order of the one-hot targets.
        examples: of each split; their target is the name of the class.
        preprocessor: encoded image to pixels.
        source: gives the encoded images.
        batch_size: images in a batch; the last one may be smaller.
        changes: random changes of augmented passes.
        plan: where images are kept between passes.
        cache_dir: for the plan "disk".
        notes: lines to show the user.
    """

    info: DataInfo
    examples: Mapping[str, tuple[Example, ...]]
    preprocessor: ImagePreprocessor
    source: Source
    batch_size: int
    changes: ImageAugmentation
    plan: StorePlan
    cache_dir: Path
    notes: tuple[str, ...] = ()
    prepared: list[_Prepared] = field(default_factory=list, init=False, repr=False)

    joined = None
    """Every example is one input."""

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of what the network learns of one image; see `rows`."""
        return (self.info.num_outputs,)

    @property
    def augmentation(self) -> Mapping[str, Any]:
        """JSON-ready description of the random changes, {} for none."""
        return describe_augmentation(self.changes)

    def count(self, examples: Sequence[Example], augment: bool) -> int:
        """Return the number of images in a pass."""
        return len(examples)

    def raw(self, example: Example) -> Mapping[str, bytes]:
        """Return the encoded image of an example, by the name that a client uses.

        Raises:
            DataError: if its file is gone, or cannot be read or converted.
        """
        content = self.source.read(example)
        return {RAW_IMAGE: decodable(content, self.preprocessor.max_pixels)}

    def targets(self, examples: Sequence[Example]) -> np.ndarray:
        """Return int64 class indices (examples,)."""
        index = {name: i for i, name in enumerate(self.info.labels)}
        return np.array([index[e.target] for e in examples], np.int64)

    def rows(self, targets: Any) -> Any:
        """Return what the network learns of targets: one-hot (batch, classes)."""
        return tf.one_hot(targets, self.info.num_outputs, dtype=tf.float32)

    def batches(self, examples: Sequence[Example], which: Pass) -> Any:
        """Return one pass over some images, a tf.data.Dataset of known length.

        Returns:
            (images, targets): float32 (batch, height, width, channels) in [0, 255],
            and one-hot float32 (batch, classes).

        Raises:
            DataError: if images are to be kept and one can no longer be read.
        """
        examples = tuple(examples)
        prepared = self._prepare(examples, which.shuffle or which.augment)
        pixels = self._remote(examples) if which.remote else prepared.pixels
        order = epoch_order(
            len(examples), shuffle=which.shuffle, seed=which.seed, epoch=which.epoch
        )
        batches = joined_batches(
            lambda places, size: pixels.batches(order[places], size),
            len(order),
            which,
            self.batch_size,
        )
        finish, seed = self._finisher(prepared, which), pass_seed(which)
        batches = numbered(batches, which)
        return mapped(batches, lambda number, batch: finish(number, seed, *batch))

    def stream(self, examples: Sequence[Example], which: Pass, end: int) -> Any:
        """Return several passes as one; see `passes.Passes`."""
        prepared = self._prepare(tuple(examples), repeated=True)
        if not prepared.pixels.by_batch:
            return None
        batches = index_stream(
            lambda epoch: epoch_order(
                len(examples), shuffle=which.shuffle, seed=which.seed, epoch=epoch
            ),
            which,
            end,
            self.batch_size,
        )
        finish, load = self._finisher(prepared, which), prepared.pixels.load
        return mapped(batches, lambda n, seed, i: finish(n, seed, i, load(i)))

    def _finisher(self, prepared: _Prepared, which: Pass) -> Callable[..., Any]:
        """Return what makes a batch of its number, the pass's seed and its pixels."""
        change = self._change if which.augment else None

        def finish(
            number: Any, seed: Any, indices: Any, images: Any
        ) -> tuple[Any, Any]:
            labels = self.rows(tf.gather(prepared.labels, indices))
            if change is None:
                return tf.cast(images, tf.float32), labels
            images, labels = change(images, labels, fold(seed, number))
            return images, labels

        return finish

    @cached_property
    def _change(self) -> Any:
        """The augmentation, compiled: tracing Keras' layers takes seconds."""
        augment = make_augment(self.changes)
        if augment is None:
            return None
        shape = (None, *self.preprocessor.shape)
        signature = [
            tf.TensorSpec(shape, tf.uint8),
            tf.TensorSpec((None, *self.row_shape), tf.float32),
            tf.TensorSpec((2,), tf.int64),
        ]
        return tf.function(augment, input_signature=signature)

    def _prepare(self, examples: tuple[Example, ...], repeated: bool) -> _Prepared:
        """Return labels and pixels of examples, from the cache if they are there."""
        repeated = repeated or all(e.split == "validation" for e in examples)
        keep = repeated and bool(examples) and self.plan.kind != "none"
        for earlier in self.prepared:
            same = earlier.examples is examples or earlier.examples == examples
            if same and earlier.in_cache >= keep:
                return earlier
        pixels = self._filled(examples) if keep else self._streamed(examples)
        prepared = _Prepared(examples, self._labels(examples), pixels, keep)
        others = [p for p in self.prepared if p.examples != examples]
        streamed = [p for p in others if not p.in_cache][-STREAMED_KNOWN + 1 :]
        self.prepared[:] = [*(p for p in others if p.in_cache), *streamed, prepared]
        return prepared

    def _labels(self, examples: tuple[Example, ...]) -> Any:
        with tf.device("CPU"):
            return tf.constant(self.targets(examples))

    def _filled(self, examples: tuple[Example, ...]) -> Pixels:
        """Decode all examples once and keep them."""
        preprocessor, shape = self.preprocessor, self.preprocessor.shape
        if self.plan.kind == "memory":
            return fill_memory(self._decoder, examples, shape)
        folder = disk_folder(self.cache_dir, preprocessor.describe())
        return fill_disk(self._decoder, examples, shape, folder)

    def _streamed(self, examples: tuple[Example, ...]) -> Pixels:
        return Pixels(self._decoder(examples), by_batch=False)

    def _remote(self, examples: tuple[Example, ...]) -> Pixels:
        """Return what another process can decode.

        Raises:
            ConfigError: if this process keeps what it has decoded.
        """
        if self.plan.kind != "none":
            raise ConfigError(
                "`runtime.input_service` decodes images anew in every epoch, and they "
                f"are kept: {self.plan.note}. Set data.cache = 'none', or leave the "
                "service out."
            )
        return Pixels(self._decoder(examples, in_graph=True), by_batch=False)

    def _decoder(self, examples: Sequence[Example], in_graph: bool = False) -> Load:
        """Return a loader that reads and decodes an example anew."""
        encoded_files = self.source.contents
        texts = [encoded_files[e.name] if encoded_files else e.name for e in examples]
        with tf.device("CPU"):
            files = tf.constant(texts, tf.string)

        def load(index: Any) -> Any:
            encoded = tf.gather(files, index)
            encoded = encoded if encoded_files else tf.io.read_file(encoded)
            return compiled_fit(self.preprocessor, in_graph)(encoded)

        return load

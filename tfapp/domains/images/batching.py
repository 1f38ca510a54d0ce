"""Examples to batches: order, decode or look up, batch, augment, prefetch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.spec import Example
from tfapp.data.streams import epoch_order, epoch_seed, fold
from tfapp.domains.images.augmentation.changes import make_augment
from tfapp.domains.images.augmentation.config import ImageAugmentation
from tfapp.domains.images.preprocessor import ImagePreprocess, compiled_fit
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
    kept: bool


@dataclass(frozen=True, eq=False)
class ImageBatches:
    """Builds the tf.data pipeline of any examples of one source.

    Passes that repeat (shuffled, augmented, or over validation examples) keep their
    preprocessed images as `plan` says; a single pass over others keeps nothing.

    Args:
        preprocess: encoded image to pixels.
        class_names: in the order of the one-hot labels.
        batch_size: examples in a batch; the last one may be smaller.
        augmentation: applied where `augment` is asked for.
        plan: where images are kept between passes.
        cache_dir: for the plan "disk".
        encoded: encoded images by example path, for sources in memory.
    """

    preprocess: ImagePreprocess
    class_names: tuple[str, ...]
    batch_size: int
    augmentation: ImageAugmentation
    plan: StorePlan
    cache_dir: Path
    encoded: Mapping[str, bytes] = field(default_factory=dict)
    prepared: list[_Prepared] = field(default_factory=list, init=False, repr=False)

    def __call__(
        self,
        examples: tuple[Example, ...],
        *,
        shuffle: bool,
        augment: bool,
        seed: int,
        epoch: int = 0,
        skip: int = 0,
    ) -> Any:
        """Return a tf.data.Dataset of known length; see `Dataset.batches`.

        Raises:
            DataError: if images are to be kept and one can no longer be read.
        """
        known = self._prepare(examples, repeated=shuffle or augment)
        order = epoch_order(len(examples), shuffle=shuffle, seed=seed, epoch=epoch)
        order = order[skip * self.batch_size :]
        batches = known.pixels.batches(order, self.batch_size).enumerate(skip)
        change = self._change if augment else None
        with tf.device("CPU"):
            pass_seed = tf.constant(epoch_seed(seed, epoch))

        @tf.autograph.experimental.do_not_convert
        def finish(number: Any, batch: tuple[Any, Any]) -> tuple[Any, Any]:
            indices, images = batch
            labels = tf.gather(known.labels, indices)
            labels = tf.one_hot(labels, len(self.class_names), dtype=tf.float32)
            if change is None:
                return tf.cast(images, tf.float32), labels
            images, labels = change(images, labels, fold(pass_seed, number))
            return images, labels

        batches = batches.map(finish, num_parallel_calls=tf.data.AUTOTUNE)
        return batches.prefetch(tf.data.AUTOTUNE).with_options(pipeline_options())

    @cached_property
    def _change(self) -> Any:
        """The augmentation, compiled: tracing Keras' layers takes seconds."""
        augment = make_augment(self.augmentation)
        if augment is None:
            return None
        shape = (None, *self.preprocess.image_size, self.preprocess.channels)
        signature = [
            tf.TensorSpec(shape, tf.uint8),
            tf.TensorSpec((None, len(self.class_names)), tf.float32),
            tf.TensorSpec((2,), tf.int64),
        ]
        return tf.function(augment, input_signature=signature)

    def _prepare(self, examples: tuple[Example, ...], repeated: bool) -> _Prepared:
        """Return labels and pixels of examples, as they were kept if they were."""
        repeated = repeated or all(e.split == "validation" for e in examples)
        keep = repeated and bool(examples) and self.plan.kind != "none"
        for known in self.prepared:
            same = known.examples is examples or known.examples == examples
            if same and known.kept >= keep:
                return known
        pixels = self._filled(examples) if keep else self._streamed(examples)
        found = _Prepared(examples, self._labels(examples), pixels, keep)
        others = [p for p in self.prepared if p.examples != examples]
        streamed = [p for p in others if not p.kept][-STREAMED_KNOWN + 1 :]
        self.prepared[:] = [*(p for p in others if p.kept), *streamed, found]
        return found

    def _labels(self, examples: tuple[Example, ...]) -> Any:
        index = {name: i for i, name in enumerate(self.class_names)}
        with tf.device("CPU"):
            return tf.constant(np.array([index[e.label] for e in examples], np.int64))

    def _filled(self, examples: tuple[Example, ...]) -> Pixels:
        """Decode all examples once and keep them."""
        preprocess = self.preprocess
        shape = (*preprocess.image_size, preprocess.channels)
        if self.plan.kind == "memory":
            return fill_memory(self._decoder, examples, shape)
        folder = disk_folder(self.cache_dir, preprocess.describe())
        return fill_disk(self._decoder, examples, shape, folder)

    def _streamed(self, examples: tuple[Example, ...]) -> Pixels:
        return Pixels(self._decoder(examples), by_batch=False)

    def _decoder(self, examples: Sequence[Example]) -> Load:
        """Return a loader that reads and decodes an example anew."""
        held = self.encoded
        texts = [held[e.path] if held else e.path for e in examples]
        with tf.device("CPU"):
            files = tf.constant(texts, tf.string)

        def load(index: Any) -> Any:
            encoded = tf.gather(files, index)
            encoded = encoded if held else tf.io.read_file(encoded)
            return compiled_fit(self.preprocess)(encoded)

        return load


def pipeline_options() -> Any:
    """Return the options of every pipeline: a fixed order, shards by example."""
    options = tf.data.Options()
    options.deterministic = True
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return options


def stored_bytes(
    preprocess: ImagePreprocess, examples: Mapping[str, tuple[Example, ...]]
) -> int:
    """Return the size in bytes of the images that repeated passes keep."""
    count = len(examples["train"]) + len(examples["validation"])
    return count * int(np.prod(preprocess.image_size)) * preprocess.channels

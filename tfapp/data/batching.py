"""Examples to batches: decode, keep, shuffle, batch, augment, prefetch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.config import AugmentationConfig
from tfapp.data.augmentation import make_augment
from tfapp.data.pixel_store import (
    Load,
    StorePlan,
    disk_folder,
    fill_disk,
    fill_memory,
)
from tfapp.data.preprocessing import ImagePreprocess, compiled_fit
from tfapp.data.spec import Example


@dataclass(frozen=True)
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
        stores: loaders of kept images, by the examples they hold.
    """

    preprocess: ImagePreprocess
    class_names: tuple[str, ...]
    batch_size: int
    augmentation: AugmentationConfig
    plan: StorePlan
    cache_dir: Path
    encoded: Mapping[str, bytes] = field(default_factory=dict)
    stores: dict[tuple[Example, ...], Load] = field(default_factory=dict)

    def __call__(
        self,
        examples: tuple[Example, ...],
        *,
        shuffle: bool,
        augment: bool,
        seed: int,
    ) -> Any:
        """Return a tf.data.Dataset of known length; see `Dataset.batches`.

        Two calls with the same arguments give the same batches, to the bit. Iterating
        one result again gives a new order and new augmentation.

        Raises:
            DataError: if images are to be kept and one can no longer be read.
        """
        load = self._loader(examples, shuffle or augment)
        labels = self._labels(examples)
        dataset = tf.data.Dataset.range(len(examples))
        if shuffle and examples:
            dataset = dataset.shuffle(len(examples), seed=seed)
        dataset = dataset.map(
            lambda index: (load(index), tf.gather(labels, index)),
            num_parallel_calls=tf.data.AUTOTUNE,
        ).batch(self.batch_size)
        dataset = dataset.map(self._to_float, num_parallel_calls=tf.data.AUTOTUNE)
        change = make_augment(self.augmentation, seed) if augment else None
        if change is not None:
            # One call at a time: its random state makes the order of calls matter.
            dataset = dataset.map(change, num_parallel_calls=1)
        return dataset.prefetch(tf.data.AUTOTUNE).with_options(_options())

    def _to_float(self, images: Any, labels: Any) -> tuple[Any, Any]:
        one_hot = tf.one_hot(labels, len(self.class_names), dtype=tf.float32)
        return tf.cast(images, tf.float32), one_hot

    def _labels(self, examples: tuple[Example, ...]) -> Any:
        index = {name: i for i, name in enumerate(self.class_names)}
        with tf.device("CPU"):
            return tf.constant([index[e.label] for e in examples], tf.int64)

    def _loader(self, examples: tuple[Example, ...], repeated: bool) -> Load:
        """Return a function from an example's index to its uint8 pixels."""
        repeated = repeated or {e.split for e in examples} == {"validation"}
        if examples in self.stores:
            return self.stores[examples]
        if not repeated or not examples or self.plan.kind == "none":
            return self._decoder(examples)
        self.stores[examples] = self._filled(examples)
        return self.stores[examples]

    def _filled(self, examples: tuple[Example, ...]) -> Load:
        """Decode all examples once and keep them."""
        decode, preprocess = self._decoder(examples), self.preprocess
        shape = (*preprocess.image_size, preprocess.channels)
        if self.plan.kind == "memory":
            return fill_memory(decode, len(examples), shape)
        folder = disk_folder(self.cache_dir, preprocess.describe())
        return fill_disk(decode, examples, shape, folder)

    def _decoder(self, examples: tuple[Example, ...]) -> Load:
        """Return a loader that reads and decodes an example anew."""
        paths = [e.path for e in examples]
        with tf.device("CPU"):
            if self.encoded:
                files = tf.constant([self.encoded[path] for path in paths], tf.string)
            else:
                files = tf.constant(paths, tf.string)

        def load(index: Any) -> Any:
            encoded = tf.gather(files, index)
            encoded = encoded if self.encoded else tf.io.read_file(encoded)
            return compiled_fit(self.preprocess)(encoded)

        return load


def _options() -> Any:
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

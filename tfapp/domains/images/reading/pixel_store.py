"""Preprocessed images kept between passes, in memory or on disk."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfapp.data.reading_errors import reason, unreadable
from tfapp.data.rows import RowStore
from tfapp.data.spec import Example
from tfapp.domains.images.reading.pixels.rules import DECODER_VERSION
from tfapp.machine.space import DISK_SHARE, MEMORY_SHARE, available_memory, free_disk

Load = Callable[[Any], Any]
"""int64 tensor, the index of an example or of several, to uint8 pixels."""
Decoder = Callable[[Sequence[Example]], Load]
"""Examples to the function that decodes one of them, anew at each call."""


@dataclass(frozen=True)
class Pixels:
    """A way to the pixels of some examples.

    Args:
        load: index to pixels, inside `Dataset.map`.
        by_batch: whether it takes the indices of a whole batch at once.
    """

    load: Load
    by_batch: bool

    def batches(self, order: np.ndarray, batch_size: int) -> Any:
        """Return a tf.data.Dataset of (indices, pixels) batches.

        Args:
            order: int64 (examples,), the indices in the order wanted.
            batch_size: examples in a batch; the last one may be smaller.
        """
        with tf.device("CPU"):
            indices = tf.data.Dataset.from_tensor_slices(order)
        indices = indices.batch(batch_size) if self.by_batch else indices

        @tf.autograph.experimental.do_not_convert
        def look_up(index: Any) -> Any:
            return index, self.load(index)

        loaded = indices.map(look_up, num_parallel_calls=tf.data.AUTOTUNE)
        return loaded if self.by_batch else loaded.batch(batch_size)


@dataclass(frozen=True)
class StorePlan:
    """Where preprocessed images are kept.

    Args:
        kind: "memory", "disk" or "none".
        note: a line for the user.
    """

    kind: Literal["memory", "disk", "none"]
    note: str


def plan_store(
    wanted: Literal["auto", "memory", "disk", "none"],
    num_bytes: int,
    cache_dir: Path,
) -> StorePlan:
    """Choose where to keep images that repeated passes need.

    Args:
        wanted: the recipe's `data.cache`.
        num_bytes: size of all of them, preprocessed, in bytes.
        cache_dir: where the disk would be used.
    """
    memory, disk = available_memory(), free_disk(cache_dir)
    said = f"{_size(num_bytes)} of {_size(memory)} free"
    if wanted == "memory" or (wanted == "auto" and num_bytes <= MEMORY_SHARE * memory):
        return StorePlan("memory", f"cache: memory ({said})")
    said = f"{_size(num_bytes)} of {_size(disk)} free in {cache_dir}"
    if wanted == "disk" or (wanted == "auto" and num_bytes <= DISK_SHARE * disk):
        return StorePlan("disk", f"cache: disk ({said})")
    reason = "as asked" if wanted == "none" else f"too large: {said}"
    return StorePlan("none", f"cache: none ({reason})")


def stored_bytes(
    shape: tuple[int, ...], examples: Mapping[str, Sequence[Example]]
) -> int:
    """Return the size in bytes of the images that repeated passes keep.

    Args:
        shape: of one image (height, width, channels).
        examples: of each split.
    """
    count = len(examples["train"]) + len(examples["validation"])
    return count * int(np.prod(shape))


def fill_memory(
    decoder: Decoder, examples: Sequence[Example], shape: tuple[int, ...]
) -> Pixels:
    """Decode all examples into memory.

    Args:
        decoder: for what is not kept yet.
        examples: whose pixels are wanted, by index.
        shape: of one image (height, width, channels).

    Raises:
        DataError: if one of them can no longer be read.
    """
    pixels = np.empty((len(examples), *shape), np.uint8)
    for index, image in enumerate(_all(decoder, examples)):
        pixels[index] = image
    with tf.device("CPU"):
        stored = tf.convert_to_tensor(pixels)
    return Pixels(lambda indices: tf.gather(stored, indices), by_batch=True)


def fill_disk(
    decoder: Decoder,
    examples: Sequence[Example],
    shape: tuple[int, ...],
    folder: Path,
) -> Pixels:
    """Keep the pixels of all examples as rows of a few large files.

    Rows are found by content, so data sets, splits and runs share them. What was
    decoded before an interruption stays.

    Args:
        decoder: for what is not kept yet.
        examples: whose pixels are wanted, by index.
        shape: of one image (height, width, channels).
        folder: of this preprocessing; see `disk_folder`.

    Raises:
        DataError: if one of the examples can no longer be read.
        TfappError: if the disk is full or not writable.
    """
    store, keys = RowStore(folder), [e.content_hash for e in examples]
    if lacking := [examples[i] for i in store.missing(keys)]:
        with store.writer(shape, np.uint8) as add:
            images = _all(decoder, lacking)
            for example, image in zip(lacking, images, strict=True):
                add(example.content_hash, image)
    rows = store.rows(keys)

    def read(indices: Any) -> Any:
        pixels = tf.numpy_function(rows.__getitem__, [indices], tf.uint8)
        return tf.ensure_shape(pixels, (None, *shape))

    return Pixels(read, by_batch=True)


def disk_folder(cache_dir: Path, description: dict[str, Any]) -> Path:
    """Return the folder for images of one preprocessing."""
    key = json.dumps([DECODER_VERSION, description], sort_keys=True)
    return cache_dir / "images" / hashlib.sha256(key.encode()).hexdigest()[:16]


def _all(decoder: Decoder, examples: Sequence[Example]) -> Iterator[np.ndarray]:
    """Yield the pixels of examples in order, decoded in parallel.

    Raises:
        DataError: naming the first that can no longer be read.
    """
    done, load = 0, decoder(examples)
    dataset = tf.data.Dataset.range(len(examples))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    try:
        for image in dataset.as_numpy_iterator():
            yield image
            done += 1
    except tf.errors.OpError as error:
        raise unreadable(examples[done].name, reason(error)) from error


def _size(num_bytes: int) -> str:
    mega = num_bytes / 1e6
    return f"{mega:.0f} MB" if mega < 1000 else f"{mega / 1000:.1f} GB"

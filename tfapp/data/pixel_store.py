"""Preprocessed images kept between passes, in memory or on disk."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfapp.data.decoding import DECODER_VERSION
from tfapp.data.spec import Example
from tfapp.errors import DataError
from tfapp.files import replacing

MEMORY_SHARE = 0.25
"""Largest part of the available memory that stored images may take."""
DISK_SHARE = 0.5
"""Largest part of the free disk space that stored images may take."""
CGROUP = Path("/sys/fs/cgroup")

Load = Callable[[Any], Any]
"""int64 scalar tensor, the index of an example, to its uint8 pixels."""


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
    memory, disk = available_memory(), _free_disk(cache_dir)
    said = f"{_size(num_bytes)} of {_size(memory)} free"
    if wanted == "memory" or (wanted == "auto" and num_bytes <= MEMORY_SHARE * memory):
        return StorePlan("memory", f"cache: memory ({said})")
    said = f"{_size(num_bytes)} of {_size(disk)} free in {cache_dir}"
    if wanted == "disk" or (wanted == "auto" and num_bytes <= DISK_SHARE * disk):
        return StorePlan("disk", f"cache: disk ({said})")
    reason = "as asked" if wanted == "none" else f"too large: {said}"
    return StorePlan("none", f"cache: none ({reason})")


def available_memory() -> int:
    """Return the bytes this process may still take, a container's limit included."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
        limit = int((CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((CGROUP / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # another system, or "max": no limit
        return free
    return max(0, min(free, limit - used))


def fill_memory(load: Load, count: int, shape: tuple[int, ...]) -> Load:
    """Load all examples into memory and return a quicker loader.

    Args:
        load: the loader of single examples.
        count: number of examples.
        shape: of one image (height, width, channels).

    Raises:
        DataError: if one of them can no longer be read.
    """
    pixels = np.empty((count, *shape), np.uint8)
    for index, image in enumerate(_all(load, range(count))):
        pixels[index] = image
    with tf.device("CPU"):
        stored = tf.convert_to_tensor(pixels)
    return lambda index: tf.gather(stored, index)


def fill_disk(
    load: Load,
    examples: Sequence[Example],
    shape: tuple[int, ...],
    folder: Path,
) -> Load:
    """Keep the pixels of all examples as files and return a loader of those.

    Files are named by content, so data sets, splits and runs share them.

    Raises:
        DataError: if one of the examples can no longer be read.
        TfappError: if the disk is full or not writable.
    """
    paths = [folder / e.content_hash[:2] / f"{e.content_hash}.raw" for e in examples]
    size = int(np.prod(shape))
    missing = [i for i, path in enumerate(paths) if not _has_size(path, size)]
    for index, image in zip(missing, _all(load, missing), strict=True):
        with replacing(paths[index]) as temporary:
            temporary.write_bytes(image.tobytes())
    with tf.device("CPU"):
        names = tf.constant([str(path) for path in paths])

    def read(index: Any) -> Any:
        raw = tf.io.read_file(tf.gather(names, index))
        return tf.reshape(tf.io.decode_raw(raw, tf.uint8), shape)

    return read


def disk_folder(cache_dir: Path, description: dict[str, Any]) -> Path:
    """Return the folder for images of one preprocessing."""
    key = json.dumps([DECODER_VERSION, description], sort_keys=True)
    return cache_dir / "images" / hashlib.sha256(key.encode()).hexdigest()[:16]


def _all(load: Load, indices: Sequence[int]) -> Any:
    """Yield the pixels of examples in order, decoded in parallel."""
    dataset = tf.data.Dataset.from_tensor_slices(np.array(indices, np.int64))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    try:
        yield from dataset.as_numpy_iterator()
    except tf.errors.OpError as error:
        raise DataError(
            f"An image can no longer be read: {error.message.splitlines()[0]}. "
            "Restore it, or run `tfapp check`."
        ) from error


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _free_disk(cache_dir: Path) -> int:
    """Return the free bytes where `cache_dir` is or will be."""
    place = next(p for p in (cache_dir, *cache_dir.absolute().parents) if p.exists())
    return shutil.disk_usage(place).free


def _size(num_bytes: int) -> str:
    mega = num_bytes / 1e6
    return f"{mega:.0f} MB" if mega < 1000 else f"{mega / 1000:.1f} GB"

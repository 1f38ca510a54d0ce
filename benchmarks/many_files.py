"""How the cost of a data set grows with its files: `benchmarks/input.py --files`.

Tiny JPEG files with contents of their own are listed, scanned, split and read in
shuffled batches, each number of files in a fresh process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from tfapp.data import load_dataset
from tfapp.data.context import LoadContext
from tfapp.data.spec import Dataset, Pass
from tfapp.recipes.config import DataConfig

TINY_SIDE = 16
TINY_CLASSES = 10
BATCHES_PER_PASS = 200
T = TypeVar("T")
HEADER = (
    "| files | list s | scan and split s | again s | batches s | KB a file, resident "
    "| KB a file, peak |\n|---|---|---|---|---|---|---|"
)


def growth_table(
    counts: Sequence[int], place_for_files: Path | None
) -> list[dict[str, float]]:
    """Measure every number of tiny files in a process of its own; print a table."""
    print(HEADER, flush=True)
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory(dir=place_for_files) as place:
            write_tiny(Path(place, "photos"), count)
            command = [sys.executable, __file__, place]
            done = subprocess.run(
                command, stdout=subprocess.PIPE, text=True, check=True
            )
        row = json.loads(done.stdout.splitlines()[-1])
        rows.append(row)
        print(
            f"| {row['files']} | {row['list']:.2f} | {row['load']:.1f} "
            f"| {row['again']:.2f} | {row['batches']:.2f} | {row['resident KB']:.2f} "
            f"| {row['peak KB']:.2f} |",
            flush=True,
        )
    return rows


def write_tiny(folder: Path, count: int) -> None:
    """Write JPEG files of 16 x 16 pixels, each with a content of its own."""
    for number in range(count):
        place = folder / f"class{number % TINY_CLASSES}"
        if number < TINY_CLASSES:
            place.mkdir(parents=True)
        pixels = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
        picture = Image.fromarray(np.repeat(np.repeat(pixels, 4, 0), 4, 1))
        picture.save(place / f"{number:07d}.jpg", quality=90)


def shuffled(dataset: Dataset) -> Any:
    """Return one shuffled pass over the training photos."""
    return dataset.batches(dataset.examples["train"], Pass(shuffle=True))


def grow(place: Path) -> dict[str, float]:
    """Return seconds and memory of loading the files below a folder, and a pass."""
    from tfapp.domains.images.reading.sources import open_source

    config = DataConfig(
        kind="images",
        path=str(place / "photos"),
        cache="none",
        options={"image_size": [TINY_SIDE, TINY_SIDE]},
    )
    context = LoadContext(config, 0, None, place / "cache")
    read_all(shuffled(tfapp_digits(place)))  # libraries, graphs
    before = resident()
    reset_peak()
    source, listed = timed(lambda: open_source(context))
    count = len(source.examples)
    del source
    split_file = place / "split.json"
    _, loaded = timed(
        lambda: load_dataset(
            config, seed=0, split_file=split_file, cache_dir=place / "cache"
        )
    )
    dataset, again = timed(
        lambda: load_dataset(
            config, seed=0, split_file=split_file, cache_dir=place / "cache"
        )
    )
    _, batches = timed(lambda: read_all(islice(shuffled(dataset), BATCHES_PER_PASS)))
    return {
        "files": count,
        "list": listed,
        "load": loaded,
        "again": again,
        "batches": batches,
        "resident KB": (resident() - before) / count / 1e3,
        "peak KB": (peak() - before) / count / 1e3,
    }


def tfapp_digits(place: Path) -> Dataset:
    """Return a small data set that needs the same libraries."""
    return load_dataset(
        DataConfig(kind="images", path="digits"), seed=0, cache_dir=place / "digits"
    )


def read_all(batches: Iterable[object]) -> None:
    """Ask for every batch."""
    for _ in batches:
        pass


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return a result and the seconds that it took."""
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def reset_peak() -> None:
    """Let `peak` begin anew; Linux only."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Return the most bytes that this process held since `reset_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    print(json.dumps(grow(Path(sys.argv[1]))))

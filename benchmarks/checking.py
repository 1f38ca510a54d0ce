"""What `tfapp check` costs next to a loop that only decodes every file by Pillow.

    python benchmarks/checking.py --files 10000 --rounds 3

Each side is a process of its own; they take turns. The loop opens and decodes every
file; `tfapp check` further hashes its pixels and its look, finds copies and writes what
it has seen down. Seconds of the processor are those of the process and its children.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from tfapp.machine.processor import processor_name

LOOP = """
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from PIL import Image

def look(path):
    with Image.open(path) as image:
        image.load()

paths = sorted(Path(sys.argv[1]).rglob("*.jpg"))
if sys.argv[2] == "1":
    for path in paths:
        look(path)
else:
    with ProcessPoolExecutor(int(sys.argv[2])) as pool:
        list(pool.map(look, paths, chunksize=64))
"""
HEADER = "| files | what | seconds | of the processor | ratio |\n|---|---|---|---|---|"


def main() -> None:
    """Write the files, take the times and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, nargs="+", default=[10_000])
    parser.add_argument("--side", type=int, default=96, help="pixels")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(processor_name())
    print(HEADER)
    for count in arguments.files:
        with tempfile.TemporaryDirectory() as place:
            write_photos(Path(place, "photos"), count, arguments.side)
            for row in rows(Path(place, "photos"), count, arguments.rounds):
                print(row, flush=True)


def rows(photos: Path, count: int, rounds: int) -> list[str]:
    """Return a row for each side."""
    check = [sys.executable, "-m", "tfapp", "check", str(photos)]
    sides = {
        "Pillow, one process": [sys.executable, "-c", LOOP, str(photos), "1"],
        "Pillow, two processes": [sys.executable, "-c", LOOP, str(photos), "2"],
        "tfapp check": check,
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, command in sides.items():
            taken[name].append(seconds_of(command))
    base = median(processor for _, processor in taken["Pillow, one process"])
    found = []
    for name, times in taken.items():
        wall, processor = (median(column) for column in zip(*times, strict=True))
        found.append(
            f"| {count:,} | {name} | {wall:.1f} | {processor:.1f} "
            f"| {processor / base:.1f}x |"
        )
    return found


def write_photos(folder: Path, count: int, side: int) -> None:
    """Write JPEG files of smooth noise in two classes, no two alike."""
    for number in range(count):
        place = folder / f"class{number % 2}"
        place.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (12, 12, 3), np.uint8)
        photo = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
        photo.save(place / f"{number:07d}.jpg", quality=90)


def seconds_of(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds and those of the processor.

    A check remembers nothing of the round before.
    """
    with tempfile.TemporaryDirectory() as cache:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done = subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TFAPP_CACHE": cache},
        )
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


if __name__ == "__main__":
    main()

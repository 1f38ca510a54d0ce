"""Images per second of the input pipeline, and how its cost grows with the files.

    python benchmarks/input.py "$TFAPP_DATA/cats_dogs/train" --tiles 1 2 8
    python benchmarks/input.py --files 1000 10000 100000 1000000

The first form compares, in interleaved rounds: Keras' image_dataset_from_directory; a
first pass of tfapp, which decodes; passes over pixels stored in memory and on disk; and
bare libjpeg-turbo decoding of the same files at full size. With `--tiles K` the photos
are mosaics of K x K photos, 250 x 188 pixels each, at JPEG quality 90: as large and
detailed as those of a camera. "cpu" figures are images per CPU-second times cores,
steadier than the clock on a busy machine.

The second form makes tiny JPEG files with contents of their own and measures listing,
scan, split and shuffled batches, each number of files in a fresh process.
"""

import argparse
import io
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from many_files import growth_table
from PIL import Image, ImageOps

TILE = (250, 188)
BATCH = 32
CORES = len(os.sched_getaffinity(0))
SPEED_HEADER = (
    "| tiles | pixels a side | way | images/s | cpu | x Keras | x libjpeg |"
    "\n|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Run what the arguments ask for and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, help="folder of class folders")
    parser.add_argument("--tiles", nargs="+", type=int, default=[1])
    parser.add_argument("--sizes", nargs="+", type=int, default=[224, 160])
    parser.add_argument("--limit", type=int, default=2000, help="photos")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", nargs="+", type=int, default=[])
    parser.add_argument("--place", type=Path, help="for temporary files")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "speed": [], "growth": []}
    print(json.dumps(result["machine"]), flush=True)
    if arguments.data:
        result["speed"] = speed_table(arguments)
    if arguments.files:
        result["growth"] = growth_table(arguments.files, arguments.place)
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2) + "\n")


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "cores": CORES,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "bare decoder": bare_decoder()[1],
    }


def bare_decoder() -> tuple[Callable[[bytes], np.ndarray], str]:
    """Return a function that decodes a whole JPEG, and what it is."""
    try:
        import simplejpeg
    except ImportError:
        return lambda data: np.asarray(Image.open(io.BytesIO(data))), "Pillow"
    return simplejpeg.decode_jpeg, f"simplejpeg {simplejpeg.__version__}"


def speed_table(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Measure every mosaic and size; print a row for each way."""
    print(SPEED_HEADER, flush=True)
    rows: list[dict[str, object]] = []
    for tiles in arguments.tiles:
        with tempfile.TemporaryDirectory(dir=arguments.place) as place:
            photos = make_photos(
                arguments.data, Path(place, "photos"), tiles, arguments.limit
            )
            for size in arguments.sizes:
                ways = make_ways(Path(place), photos, size)
                found = interleaved(ways, len(photos), arguments.rounds)
                rows += [{"tiles": tiles, "size": size, **row} for row in found]
                print("\n".join(map(speed_line, rows[-len(found) :])), flush=True)
    return rows


def speed_line(row: dict) -> str:
    """Return one row of the table."""
    return (
        f"| {row['tiles']} | {row['size']} | {row['way']} | {row['wall']:.0f} "
        f"| {row['cpu']:.0f} | {row['x keras']:.2f} | {row['x bare']:.2f} |"
    )


def make_photos(data: Path, folder: Path, tiles: int, limit: int) -> list[Path]:
    """Write the photos, or mosaics of them, into class folders; return their paths."""
    files = sorted(data.glob("*/*.jpg"))
    if not files:
        raise SystemExit(f"No CLASS/*.jpg below {data}.")
    files = files[:: max(1, len(files) // limit)]
    count = max(8, len(files) // tiles)
    paths = []
    for number in range(count):
        source = files[number * len(files) // count]
        path = folder / source.parent.name / f"{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if tiles == 1:
            path.write_bytes(source.read_bytes())
        else:
            parts = [files[(number + i * 7) % len(files)] for i in range(tiles**2)]
            mosaic(parts, tiles).save(path, quality=90)
        paths.append(path)
    return paths


def mosaic(files: Sequence[Path], tiles: int) -> Image.Image:
    """Put photos side by side."""
    canvas = Image.new("RGB", (TILE[0] * tiles, TILE[1] * tiles))
    for number, file in enumerate(files):
        row, column = divmod(number, tiles)
        with Image.open(file) as photo:
            part = ImageOps.fit(photo.convert("RGB"), TILE)
        canvas.paste(part, (column * TILE[0], row * TILE[1]))
    return canvas


def make_ways(
    place: Path, photos: Sequence[Path], size: int
) -> dict[str, Callable[[int], None]]:
    """Return the passes to compare, by name; each takes the number of the round."""
    import keras

    keras_set = keras.utils.image_dataset_from_directory(
        place / "photos", image_size=(size, size), batch_size=BATCH, verbose=False
    )
    ours = {
        f"tfapp, {name}": tfapp_pass(place, size, cache)
        for cache, name in {
            "none": "first pass",
            "memory": "stored in memory",
            "disk": "stored on disk",
        }.items()
    }
    decode, name = bare_decoder()

    def bare(_: int) -> None:
        with ThreadPoolExecutor(CORES) as pool:
            for _ in pool.map(lambda path: len(decode(path.read_bytes())), photos):
                pass

    return {
        "Keras image_dataset_from_directory": lambda _: exhaust(keras_set),
        **ours,
        f"bare {name}": bare,
    }


def tfapp_pass(place: Path, size: int, cache: str) -> Callable[[int], None]:
    """Return a function that goes once over all photos, shuffled."""
    from tfapp.data import load_dataset
    from tfapp.data.spec import Pass
    from tfapp.recipes.config import DataConfig

    config = DataConfig(
        kind="images",
        path=str(place / "photos"),
        cache=cache,
        batch_size=BATCH,
        options={"image_size": [size, size]},
        split={"validation": 0.0, "test": 0.0},
        check={"max_bad_share": 1.0},
    )
    dataset = load_dataset(config, seed=0, cache_dir=place / "cache")
    photos = dataset.examples["train"]
    return lambda epoch: exhaust(
        dataset.batches(photos, Pass(epoch=epoch, shuffle=True))
    )


def exhaust(batches: Iterable[object]) -> None:
    """Ask for every batch."""
    for _ in batches:
        pass


def interleaved(
    ways: dict[str, Callable[[int], None]], count: int, rounds: int
) -> list[dict[str, object]]:
    """Return the median images per second of every way; the first round is no part."""
    wall: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, run in ways.items():
            started, used = time.perf_counter(), time.process_time()
            run(number)
            if number:
                wall[name].append(count / (time.perf_counter() - started))
                cpu[name].append(count * CORES / (time.process_time() - used))
    found = {name: statistics.median(values) for name, values in cpu.items()}
    keras, *_, bare = found.values()
    return [
        {
            "way": name,
            "wall": statistics.median(wall[name]),
            "cpu": value,
            "x keras": value / keras,
            "x bare": value / bare,
        }
        for name, value in found.items()
    ]


if __name__ == "__main__":
    main()

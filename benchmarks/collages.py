r"""Make photos with several tags from real pixels: collages of cells, or of digits.

    python benchmarks/collages.py cells OUT --count 800
    python benchmarks/collages.py digits OUT --count 2000
    tfapp fit OUT/table.csv

Each collage holds up to four crops, one somewhere in each quarter, cells turned and
mirrored at random; its tags are the classes that occur, none for the few without any. A
quarter of the collages are for the test, and made from other crops than those to learn
from. Cells are those of TFAPP_DATA/blood_cells_bccd, digits those of scikit-learn.
"""

import argparse
import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

Crops = Mapping[str, Sequence[np.ndarray]]
"""Class → its crops, uint8 (side, side, 3)."""

CELL_SIDE, DIGIT_SIDE = 96, 16
"""Pixels of a crop in a collage."""
PLACES = 4
ROOM = 1.3
"""Side of a quarter in sides of a crop."""
EMPTY = 0.05
"""Share of collages without any crop."""
TEST = 0.25


def cells(split: str) -> Crops:
    """Return the crops of blood cells of a split."""
    root = Path(os.environ.get("TFAPP_DATA", "")) / "blood_cells_bccd" / split
    if not root.is_dir():
        raise SystemExit(f"There is no {root}. Set TFAPP_DATA (docs/results.md).")
    return {
        folder.name: [_resized(file) for file in sorted(folder.iterdir())]
        for folder in sorted(root.iterdir())
    }


def digits(split: str) -> Crops:
    """Return the digits of a split: every fourth one is for the test."""
    from sklearn.datasets import load_digits

    data = load_digits()
    tested = np.arange(len(data.target)) % 4 == 3
    chosen = tested if split == "test" else ~tested
    factor = DIGIT_SIDE // 8
    pixels = np.rint(data.images * (255 / 16)).astype(np.uint8)
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    pixels = np.repeat(pixels[..., np.newaxis], 3, axis=-1)
    return {
        str(digit): list(pixels[chosen & (data.target == digit)]) for digit in range(10)
    }


def collage(crops: Crops, random: np.random.Generator) -> tuple[np.ndarray, set[str]]:
    """Return one collage, uint8 (2 quarters, 2 quarters, 3), and its tags."""
    names = sorted(crops)
    side = crops[names[0]][0].shape[0]
    quarter = round(ROOM * side)
    pixels = np.empty((2 * quarter, 2 * quarter, 3), np.uint8)
    sample = crops[names[int(random.integers(len(names)))]]
    pixels[:] = np.median(
        sample[int(random.integers(len(sample)))][[0, -1]], axis=(0, 1)
    )
    count = 0 if random.random() < EMPTY else int(random.integers(1, PLACES + 1))
    tags = set()
    for place in random.permutation(PLACES)[:count]:
        name = names[int(random.integers(len(names)))]
        top, left = random.integers(quarter - side + 1, size=2)
        top, left = top + quarter * (place // 2), left + quarter * (place % 2)
        crop = crops[name][int(random.integers(len(crops[name])))]
        if side == CELL_SIDE:  # turned digits would be others
            crop = np.rot90(crop, int(random.integers(4)))[:, :: random.choice((-1, 1))]
        pixels[top : top + side, left : left + side] = crop
        tags.add(name)
    return pixels, tags


def _resized(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        small = image.convert("RGB").resize(
            (CELL_SIDE, CELL_SIDE), Image.Resampling.BILINEAR
        )
        return np.asarray(small)


def main() -> None:
    """Write the collages and their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("of", choices=("cells", "digits"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    load = {"cells": cells, "digits": digits}[arguments.of]
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (arguments.out / "table.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "tags", "split"))
        tested = round(TEST * arguments.count)
        for split, count in (("train", arguments.count - tested), ("test", tested)):
            crops = load(split)
            for number in range(count):
                pixels, tags = collage(crops, random)
                name = f"{split}_{number:04d}.png"
                Image.fromarray(pixels).save(arguments.out / name)
                table.writerow((name, ";".join(sorted(tags)), split))
    print(f"{arguments.count} collages: {arguments.out / 'table.csv'}")


if __name__ == "__main__":
    main()

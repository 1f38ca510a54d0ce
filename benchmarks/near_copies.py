"""How many changed copies of photos are found, and how many other pairs.

    python benchmarks/near_copies.py $TFAPP_DATA/cats_dogs $TFAPP_DATA/flowers

Every photo below the folders is hashed; of some, copies are made in memory. A copy is
found if its hashes and those of its photo are near; pairs among the photos themselves
are counted and listed, to be looked at.
"""

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.data.spec import Example
from tfapp.domains.images.reading.duplicates import near_duplicates
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.likeness import likeness


def main() -> None:
    """Print a row for each kind of copy, and the pairs among the photos."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--copies", type=int, default=400, help="photos to copy")
    arguments = parser.parse_args()
    files = [
        path
        for folder in arguments.folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES
    ]
    looks = [likeness(opened(path)) for path in files]
    order = np.random.default_rng(0).permutation(len(files))
    chosen = [int(i) for i in order[: arguments.copies] if looks[i]]
    found = recall(files, looks, chosen)
    print("| copy | found |\n|---|---|")
    for kind, count in found.items():
        print(f"| {kind} | {count} of {len(chosen)} |")
    pairs = near_duplicates(named([str(f) for f in files]), looks)
    print(f"\n{len(pairs)} pairs among {len(files):,} photos:")
    for pair in pairs:
        print(f"  {pair.distance} bits: {pair.first.name} {pair.second.name}")


def opened(path: Path | io.BytesIO) -> Image.Image:
    """Return a photo as RGB."""
    with Image.open(path) as image:
        return image.convert("RGB")


def copies_of(image: Image.Image) -> dict[str, Image.Image]:
    """Return changed copies of a photo by the kind of change."""
    mirror = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    half = scaled(image, 0.5)
    return {
        "half of the size": half,
        "a quarter of the size": scaled(image, 0.25),
        "JPEG quality 30": compressed(image, 30),
        "mirrored": compressed(mirror),
        "mirrored, half of the size": half.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "5 % of each side cut off, in equal parts": cut(image, 0.05),
        "10 % cut off": cut(image, 0.10),
        "15 % cut off": cut(image, 0.15),
    }


def scaled(image: Image.Image, factor: float) -> Image.Image:
    """Return a smaller photo, compressed."""
    size = max(round(image.width * factor), 1), max(round(image.height * factor), 1)
    return compressed(image.resize(size, Image.Resampling.LANCZOS))


def cut(image: Image.Image, share: float) -> Image.Image:
    """Return the middle of a photo, compressed."""
    left, top = round(image.width * share / 2), round(image.height * share / 2)
    return compressed(image.crop((left, top, image.width - left, image.height - top)))


def compressed(image: Image.Image, quality: int = 90) -> Image.Image:
    """Return a photo as a JPEG file gives it back."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return opened(stream)


def recall(files: list[Path], looks: list, chosen: list[int]) -> dict[str, int]:
    """Return how many copies of each kind are near their photos."""
    found: dict[str, int] = {}
    for index in chosen:
        for kind, copy in copies_of(opened(files[index])).items():
            own = likeness(copy)
            pairs = near_duplicates(named(["photo", "copy"]), [looks[index], own])
            found[kind] = found.get(kind, 0) + bool(pairs)
    return found


def named(names: list[str]) -> list[Example]:
    """Return examples of different contents."""
    return [Example(name, content_hash=name) for name in names]


if __name__ == "__main__":
    main()

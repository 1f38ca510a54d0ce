"""Tiny photos with captions: bright halves and quarters, in a few words."""

import numpy as np
from PIL import Image

from tests.domains.images.tiny import RUNTIME, SIDE
from tests.domains.tiny import Tiny

SHADES = {"dim": 60, "bright": 150}


def write_table(file, rows, header=("image", "caption"), delimiter=",", coding="utf-8"):
    """Write rows of cells as a table whose captions stand in quotes."""
    lines = [delimiter.join(header)]
    lines += [delimiter.join((name, f'"{text}"', *more)) for name, text, *more in rows]
    file.write_bytes("\n".join(lines).encode(coding))
    return file


def photo(path, number):
    """Write a photo whose top or bottom is brighter; return its caption."""
    random = np.random.default_rng(number)
    pixels = random.integers(0, 40, (SIDE, SIDE, 3))
    shade, place = list(SHADES)[number % 2], ("top", "bottom")[number // 2 % 2]
    half = slice(0, SIDE // 2) if place == "top" else slice(SIDE // 2, SIDE)
    pixels[half] += SHADES[shade]
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return f"a {shade} stripe, at the {place}"


def folder_of(folder, count=40, twice=True):
    """Write photos and captions.csv, two captions to every other photo if `twice`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(count):
        caption = photo(folder / f"{number:02d}.png", number)
        rows.append((f"{number:02d}.png", caption))
        if twice and number % 2:
            rows.append((f"{number:02d}.png", f"this photo shows {caption}"))
    write_table(folder / "captions.csv", rows)
    return folder


def captions(folder):
    """Forty photos with captions, for a small network."""
    folder_of(folder)
    table = {
        "data": {
            "path": str(folder),
            "batch_size": 8,
            "options": {"image_size": [SIDE, SIDE]},
            "augmentation": {"contrast": 0.1},
        },
        "model": {
            "name": "captioner",
            "options": {
                "filters": [4, 4],
                "units": 8,
                "embedding_units": 4,
                "beams": 2,
            },
        },
        "training": {"epochs": 2, "learning_rate": 1e-2, "optimizer": "adam"},
        "runtime": RUNTIME,
    }
    return Tiny(str(folder), table, [str(folder / f"{i:02d}.png") for i in (0, 3)])

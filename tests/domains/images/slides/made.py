"""Slides made up for tests: tiled pyramids of coloured blobs."""

import json
from pathlib import Path

import numpy as np
import tifffile

GLASS = (244, 242, 245)
STRONG = (190, 90, 160)
PALE = (228, 208, 224)


def blank(width=1024, height=768, seed=0):
    """Return glass with a little noise, uint8 (height, width, 3)."""
    noise = np.random.default_rng(seed).normal(0, 1.5, (height, width, 1))
    return np.clip(np.array(GLASS) + noise, 0, 255).astype(np.uint8)


def blob(picture, x, y, radius, color, seed=1):
    """Draw a disc of noisy colour."""
    rows, columns = np.indices(picture.shape[:2])
    inside = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 <= radius**2
    noise = np.random.default_rng(seed).normal(0, 6, (int(inside.sum()), 1))
    picture[inside] = np.clip(np.array(color) + noise, 0, 255)


def write_slide(path, picture, mpp=0.5, tile=128, levels=3, **further):
    """Write a pyramid of tiles."""
    path = Path(path)
    per_cm = 10_000 / mpp if mpp else 1
    unit = "CENTIMETER" if mpp else "NONE"
    with tifffile.TiffWriter(path) as file:
        for level in range(levels):
            options = {"photometric": "rgb", "resolutionunit": unit, **further}
            file.write(
                np.ascontiguousarray(picture[:: 2**level, :: 2**level]),
                tile=(tile, tile),
                subfiletype=int(level > 0),
                resolution=(per_cm / 2**level, per_cm / 2**level),
                metadata=None,
                **options,
            )
    return path


def square(left, top, side):
    """Return a ring of four corners, closed."""
    right, bottom = left + side, top + side
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def write_outlines(path, rings, names=None, kind="Polygon"):
    """Write outlines as QuPath does."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": kind, "coordinates": [ring]},
            "properties": {
                "objectType": "annotation",
                **({"classification": {"name": name}} if name else {}),
            },
        }
        for ring, name in zip(rings, names or [""] * len(rings), strict=True)
    ]
    path = Path(path)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path

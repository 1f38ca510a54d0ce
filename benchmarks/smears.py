"""Slides of blood cells at known places, written part by part, so of any size."""

import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile
from PIL import Image

CELL = 120
"""Pixels of a side of the square in which one cell lies."""
TILE = 4 * CELL
CROP = 96
MPP = 0.25
PLASMA = (206, 209, 201)
COMMON = {"RBC": 0.6, "Platelets": 0.1}
"""Chance of other kinds of cells in a square."""


@dataclass(frozen=True)
class Smear:
    """A slide of cells at known places.

    Args:
        side: pixels of a side.
        crops: uint8 arrays (96, 96, 3) by kind of cell.
        target: kind that is outlined.
        seed: of everything random.
        tissue: share of the slide that holds cells.
        rarity: squares for each cell of the target.
    """

    side: int
    crops: dict[str, list[np.ndarray]]
    target: str
    seed: int
    tissue: float
    rarity: int

    @property
    def ellipses(self) -> np.ndarray:
        """Centres and radii of three smears, float (3, 4)."""
        random = np.random.default_rng(self.seed)
        radius = self.side * np.sqrt(self.tissue / (3 * np.pi))
        centres = random.uniform(0.25, 0.75, (3, 2)) * self.side
        return np.hstack([centres, radius * random.uniform(0.8, 1.2, (3, 2))])

    def inside(
        self, left: np.ndarray, top: np.ndarray, reach: float = 0.0
    ) -> np.ndarray:
        """Return whether places lie in a smear, or closer to one than a distance."""
        x, y, a, b = self.ellipses.T
        scaled = ((left - x) / (a + reach)) ** 2 + ((top - y) / (b + reach)) ** 2
        return (scaled <= 1).any(axis=-1)

    def kind(self, row: int, column: int) -> tuple[str, np.random.Generator]:
        """Return the kind of cell in a square, "" for none, and its own chance."""
        random = np.random.default_rng([self.seed, row, column])
        x, y = (np.array([[n + 0.5]]) * CELL for n in (column, row))
        if not self.inside(x, y)[0]:
            return "", random
        place = random.random()
        if place < 1 / self.rarity:
            return self.target, random
        for name, chance in COMMON.items():
            place -= chance
            if name in self.crops and place < 0:
                return name, random
        return "", random

    def outlines(self) -> list[list[list[float]]]:
        """Return a ring around each cell of the target."""
        angles = np.linspace(0, 2 * np.pi, 25)
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) * CROP * 0.42
        count = self.side // CELL
        rows, columns = np.indices((count, count)).reshape(2, -1)
        middles = (np.stack([columns, rows], axis=1) + 0.5) * CELL
        rows, columns = (n[self.inside(*middles.T[..., None])] for n in (rows, columns))
        return [
            (circle + [(column + 0.5) * CELL, (row + 0.5) * CELL]).round(1).tolist()
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            if self.kind(row, column)[0] == self.target
        ]

    def tile(self, row: int, column: int) -> np.ndarray | None:
        """Return a tile of the finest level, None for glass alone."""
        left, top = column * TILE, row * TILE
        x = left + TILE * np.array([0.5, 0, 1, 0, 1])
        y = top + TILE * np.array([0.5, 0, 0, 1, 1])
        if not self.inside(x[:1, None], y[:1, None], reach=TILE)[0]:
            return None
        if self.inside(x[1:, None], y[1:, None]).all():
            smear = np.ones((TILE, TILE, 1), bool)
        else:
            rows, columns = np.indices((TILE, TILE), np.float32) + 0.5
            smear = self.inside((columns + left)[..., None], (rows + top)[..., None])
            smear = smear[..., None]
        noise = np.roll(grain(), (37 * row, 91 * column), (0, 1))
        pixels = np.where(smear, np.array(PLASMA, np.float32), 245) + noise
        for down in range(TILE // CELL):
            for right in range(TILE // CELL):
                self._paste(pixels, row, column, down, right)
        return np.clip(pixels, 0, 255).astype(np.uint8)

    def _paste(self, pixels: np.ndarray, row: int, column: int, y: int, x: int) -> None:
        each = TILE // CELL
        name, random = self.kind(row * each + y, column * each + x)
        if not name:
            return
        crop = self.crops[name][random.integers(len(self.crops[name]))]
        turned = np.rot90(crop, int(random.integers(4)))
        top, left = (n * CELL + (CELL - CROP) // 2 for n in (y, x))
        part = pixels[top : top + CROP, left : left + CROP]
        part += soft()[..., None] * (turned - part)


@cache
def grain() -> np.ndarray:
    """Return the noise of a tile, float32 (480, 480, 1)."""
    noise = np.random.default_rng(0).normal(0, 2, (TILE, TILE, 1))
    return noise.astype(np.float32)


@cache
def soft() -> np.ndarray:
    """Return how much of a crop shows, float (96, 96): a disc that fades out."""
    places = (np.indices((CROP, CROP)) + 0.5) / CROP * 2 - 1
    return np.clip((1 - np.hypot(*places)) / 0.15, 0, 1)


def write(smear: Smear, path: Path) -> None:
    """Write a slide as a pyramid of JPEG tiles, and its outlines, part by part."""
    with (
        tifffile.TiffWriter(path, bigtiff=True) as file,
        TemporaryDirectory() as folder,
    ):
        level, side = 0, smear.side
        finer = None
        while level == 0 or side > TILE:
            coarser = memory(Path(folder) / f"{level}.u8", side)
            per_cm = 10_000 / (MPP * 2**level)
            file.write(
                jpegs(smear, finer, coarser, side),
                shape=(side, side, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                subfiletype=int(level > 0),
                resolution=(per_cm, per_cm),
                resolutionunit="CENTIMETER",
                metadata=None,
            )
            finer, level, side = coarser, level + 1, side // 2
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"classification": {"name": smear.target}},
        }
        for ring in smear.outlines()
    ]
    truth = {"type": "FeatureCollection", "features": features}
    path.with_suffix(".geojson").write_text(json.dumps(truth))


def memory(path: Path, side: int) -> np.ndarray:
    """Return a file of pixels of half a level; what is not written takes no place."""
    half = -(-side // TILE) * TILE // 2
    half = -(-half // TILE) * TILE
    return np.memmap(path, np.uint8, "w+", shape=(half, half, 3))


def jpegs(
    smear: Smear, finer: np.ndarray | None, coarser: np.ndarray, side: int
) -> Iterator[bytes]:
    """Yield the tiles of a level, and keep them at half their size.

    Glass takes no bytes.
    """
    count, half = -(-side // TILE), TILE // 2
    for row, column in itertools.product(range(count), range(count)):
        if finer is None:
            tile = smear.tile(row, column)
        else:
            top, left = row * TILE, column * TILE
            tile = finer[top : top + TILE, left : left + TILE]
            tile = tile if tile.any() else None
        stream = io.BytesIO()
        if tile is not None:
            image = Image.fromarray(np.where(tile.any(-1, keepdims=True), tile, 255))
            image.save(stream, "JPEG", quality=85)
            place = (
                slice(row * half, (row + 1) * half),
                slice(column * half, (column + 1) * half),
            )
            coarser[place] = image.reduce(2)
        yield stream.getvalue()


def read_crops(folder: Path) -> dict[str, list[np.ndarray]]:
    """Return the crops of each kind of cell."""
    crops: dict[str, list[np.ndarray]] = {}
    for path in sorted(folder.glob("*/*")):
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize((CROP, CROP)), float)
        crops.setdefault(path.parent.name, []).append(pixels)
    return crops

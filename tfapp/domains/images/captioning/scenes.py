"""Generated pictures: one to three coloured shapes, and a sentence on their places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.captioning.detect import SCENES
from tfapp.domains.images.reading.inspection import ImageFacts, content_hash
from tfapp.domains.images.reading.sources.arrays import encode_png

SIDE, CELL = 48, 16
"""Pixels of a picture, and of a cell of its grid of three by three."""
COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 170, 60),
    "blue": (50, 80, 230),
    "yellow": (235, 215, 50),
    "purple": (160, 60, 190),
    "white": (245, 245, 245),
}
SHAPES = ("circle", "square", "triangle", "cross", "ring")
MOST_SHAPES = 3
SUPERSAMPLING = 3
REACH = 9
"""Pixels around the centre of a shape, beyond which it never lies."""
NOISE = 6.0
"""Deviation of what is added to each pixel, of 255."""
UNSEEN = frozenset(
    {
        ("red", "circle"),
        ("green", "square"),
        ("blue", "triangle"),
        ("yellow", "cross"),
        ("purple", "ring"),
    }
)
"""Pairs of colour and shape that no picture of the training part of a composition
split holds; of each colour and of each shape there are other pairs."""
VALIDATION, TEST = 0.05, 0.15
"""Shares of a composition split."""


@dataclass(frozen=True)
class Thing:
    """A coloured shape in a cell of the grid, rows and columns from 0."""

    colour: str
    shape: str
    row: int
    column: int


def scenes(count: int, composition: bool) -> tuple[Source, dict[str, list[str]]]:
    """Return generated pictures and their captions; equal numbers, equal pictures.

    A caption names the shapes in the order in which one reads, and says of each
    whether it is left of the next one, in its row, or above it.

    Args:
        count: of pictures.
        composition: whether the test part holds the pictures with a pair of `UNSEEN`,
            and the others lack all of them; else nothing is split yet.

    Raises:
        ConfigError: if there are too few to learn from and test on.
    """
    if count < 20:
        raise ConfigError(f"`data.options.count` must be 20 or more. Received: {count}")
    contents, captions, listed = {}, {}, []
    for number in range(count):
        random = np.random.default_rng([7, number])
        split = _split(number / count) if composition else ""
        things = _things(random, split)
        name = f"{SCENES}/{number:06d}"
        contents[name] = encode_png(draw(things, random))
        captions[name] = [sentence(things)]
        listed.append(Example(name, split))
    return Source(SCENES, None, tuple(listed), (), contents=contents), captions


def facts_of(source: Source) -> dict[str, ImageFacts]:
    """Return what a scan would report, but for likeness: scenes are all alike."""
    return {
        name: ImageFacts(
            "",
            "PNG",
            SIDE,
            SIDE,
            colour=True,
            content_hash=content_hash(np.frombuffer(content, np.uint8)),
        )
        for name, content in source.contents.items()
    }


def _split(place: float) -> str:
    """Return the split of a picture by its place in the set, from 0 to 1."""
    if place < TEST:
        return "test"
    return "validation" if place < TEST + VALIDATION else "train"


def _things(random: np.random.Generator, split: str) -> list[Thing]:
    """Return different shapes in reading order; see `scenes` for the splits."""
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    while True:
        size = int(random.integers(1, MOST_SHAPES + 1))
        cells = np.sort(random.choice(9, size, replace=False))
        chosen = random.choice(len(pairs), size, replace=False)
        things = [
            Thing(pairs[pair][0], pairs[pair][1], cell // 3, cell % 3)
            for pair, cell in zip(chosen.tolist(), cells.tolist(), strict=True)
        ]
        unseen = bool({(t.colour, t.shape) for t in things} & UNSEEN)
        if not split or unseen == (split == "test"):
            return things


def sentence(things: Sequence[Thing]) -> str:
    """Return the caption of shapes in reading order."""
    words = [f"a {things[0].colour} {things[0].shape}"]
    for before, thing in zip(things[:-1], things[1:], strict=True):
        relation = "left of" if before.row == thing.row else "above"
        words.append(f"{relation} a {thing.colour} {thing.shape}")
    return " ".join(words)


def draw(things: Sequence[Thing], random: np.random.Generator) -> np.ndarray:
    """Return a picture, uint8 (SIDE, SIDE, 3), of shapes on a dark, noisy ground."""
    pixels = np.full((SIDE, SIDE, 3), random.uniform(10, 60, 3))
    for thing in things:
        centre = np.array([thing.row, thing.column]) * CELL + CELL / 2
        centre = centre + random.uniform(-2, 2, 2)
        top, left = (int(side) - REACH for side in centre)
        around = (
            slice(max(0, top), top + 2 * REACH),
            slice(max(0, left), left + 2 * REACH),
        )
        cover = _cover(thing.shape, centre, around, random.uniform(4.5, 6.5))
        colour = np.array(COLOURS[thing.colour]) + random.uniform(-12, 12, 3)
        pixels[around] += cover[..., np.newaxis] * (colour - pixels[around])
    noisy = pixels + random.normal(0, NOISE, pixels.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _cover(
    shape: str, centre: np.ndarray, around: tuple[slice, slice], size: float
) -> np.ndarray:
    """Return which share of each pixel of a part a shape covers, float (rows, columns).

    Args:
        shape: one of `SHAPES`.
        centre: of it, pixels down and right.
        around: rows and columns of the part.
        size: from the centre to the border, pixels.
    """
    fine = (np.arange(SIDE * SUPERSAMPLING) + 0.5) / SUPERSAMPLING
    sides = fine.reshape(SIDE, SUPERSAMPLING)
    down, right = (sides[part].ravel() for part in around)
    y, x = down[:, np.newaxis] - centre[0], right[np.newaxis] - centre[1]
    distance = np.hypot(y, x)
    inside = {
        "circle": lambda: distance <= size,
        "square": lambda: np.maximum(abs(y), abs(x)) <= 0.85 * size,
        "triangle": lambda: (y <= 0.8 * size) & (abs(x) <= (y + size) * 0.6),
        "cross": lambda: (
            (np.minimum(abs(y), abs(x)) <= 0.3 * size)
            & (np.maximum(abs(y), abs(x)) <= size)
        ),
        "ring": lambda: (distance <= size) & (distance >= 0.55 * size),
    }[shape]()
    rows, columns = (side // SUPERSAMPLING for side in inside.shape)
    blocks = inside.reshape(rows, SUPERSAMPLING, columns, SUPERSAMPLING)
    return np.asarray(blocks.mean(axis=(1, 3)))

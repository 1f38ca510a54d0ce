"""Drawn faces, faces with their parts in wrong places, and what is no face."""

import numpy as np
from PIL import Image, ImageDraw
from wishes.digits import Digits

SIDE = 40
PARTS = ("eye", "eye", "nose", "mouth")
PLACES = ((-8, -7), (8, -7), (0, 1), (0, 10))
"""Of the parts, pixels right of and below the middle of the face."""


def faces(count: int, seed: int) -> np.ndarray:
    """Return faces: uint8 (count, 40, 40, 1), each part in its place."""
    return _drawn(count, seed, lambda random: (PARTS, PLACES))


def scrambled(count: int, seed: int) -> np.ndarray:
    """Return faces with the same parts in one another's places.

    Every part is drawn as often as in `faces`, and at least one eye is not where an
    eye belongs, nor is the rest.
    """

    def layout(random: np.random.Generator) -> tuple:
        while True:
            order = random.permutation(4)
            wrong = [PARTS[i] != PARTS[k] for k, i in enumerate(order)]
            if sum(wrong) >= 3:
                return tuple(PARTS[i] for i in order), PLACES

    return _drawn(count, seed, layout)


def replaced(count: int, seed: int) -> np.ndarray:
    """Return what is no face: the same outline, four parts of one or two kinds only.

    Parts stand where they do not belong, so that learning these tells where they do.
    """

    def layout(random: np.random.Generator) -> tuple:
        kinds = random.choice(["eye", "nose", "mouth"], 2, replace=False)
        return tuple(random.choice(kinds, 4)), PLACES

    return _drawn(count, seed, layout)


def missing(count: int, seed: int) -> np.ndarray:
    """Return what is no face: one, two or three parts left out, the rest in place.

    Nothing here tells that places matter: to count the parts is enough.
    """

    def layout(random: np.random.Generator) -> tuple:
        kept = np.sort(random.permutation(4)[: random.integers(1, 4)])
        return [PARTS[k] for k in kept], [PLACES[k] for k in kept]

    return _drawn(count, seed, layout)


OTHERS = {"replaced": replaced, "missing": missing}
"""What a face is told from."""


def training_set(kind: str, count: int, seed: int) -> Digits:
    """Return faces (class 1) and what is no face (class 0), none of them scrambled."""
    images = np.concatenate([OTHERS[kind](count, seed), faces(count, seed + 1)])
    return Digits(images, np.repeat([0, 1], count))


def _drawn(count: int, seed: int, layout) -> np.ndarray:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(seed)
    images = np.zeros((count, SIDE, SIDE, 1), np.uint8)
    for image in images:
        image[..., 0] = _face(random, *layout(random))
    return images


def _face(
    random: np.random.Generator, parts: tuple[str, ...], places: tuple
) -> np.ndarray:
    """Draw one, moved, scaled and turned as a whole, and each part a little."""
    canvas = Image.new("L", (SIDE * 4, SIDE * 4))
    draw = ImageDraw.Draw(canvas)
    middle = SIDE / 2 + random.uniform(-3, 3, 2)
    scale, turn = random.uniform(0.8, 1.1), random.uniform(-0.25, 0.25)
    _ellipse(draw, middle, (15 * scale, 18 * scale), outline=150)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for part, place in zip(parts, places, strict=True):
        x, y = middle + scale * (rotation @ place) + random.uniform(-0.7, 0.7, 2)
        _part(draw, part, np.array([x, y]), scale * random.uniform(0.85, 1.15))
    small = canvas.resize((SIDE, SIDE), Image.Resampling.BOX)
    noisy = np.asarray(small) + random.normal(0, 6, (SIDE, SIDE))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _part(
    draw: ImageDraw.ImageDraw, part: str, middle: np.ndarray, scale: float
) -> None:
    if part == "eye":
        _ellipse(draw, middle, (4.0 * scale, 2.6 * scale), outline=255)
        _ellipse(draw, middle, (1.3 * scale, 1.3 * scale), fill=255)
    elif part == "nose":
        x, y = middle
        s = 3.2 * scale
        corners = [(x, y - s), (x - s * 0.8, y + s), (x + s * 0.8, y + s)]
        points = [(4 * a, 4 * b) for a, b in corners]
        draw.line([*points, points[0]], fill=255, width=4)
    else:
        _ellipse(draw, middle, (5.5 * scale, 1.7 * scale), fill=220)


def _ellipse(
    draw: ImageDraw.ImageDraw,
    middle: np.ndarray,
    radii: tuple[float, float],
    **colours: int,
) -> None:
    (x, y), (a, b) = middle, radii
    box = [4 * (x - a), 4 * (y - b), 4 * (x + a), 4 * (y + b)]
    draw.ellipse(box, width=4, **colours)

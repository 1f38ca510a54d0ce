"""Digits of MNIST, moved, bent and laid over each other."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.ndimage import affine_transform


class Digits(NamedTuple):
    """Grey pictures and their classes.

    Args:
        images: uint8 array (examples, height, width, 1).
        labels: int array (examples,).
    """

    images: np.ndarray
    labels: np.ndarray


class Poses(NamedTuple):
    """How each digit was changed, float arrays (examples,).

    Args:
        right: shift to the right, pixels.
        down: shift downwards, pixels.
        turn: angle, radians.
    """

    right: np.ndarray
    down: np.ndarray
    turn: np.ndarray


def place() -> Path:
    """Return where MNIST's digits should lie."""
    return Path(os.environ.get("TFAPP_DATA", "")) / "mnist" / "mnist.npz"


def mnist() -> tuple[Digits, Digits]:
    """Return the 60,000 training and the 10,000 test digits."""
    with np.load(place()) as found:
        train, test = (
            Digits(found[f"x_{split}"][..., np.newaxis], found[f"y_{split}"])
            for split in ("train", "test")
        )
    return train, test


def some(digits: Digits, count: int, seed: int) -> Digits:
    """Return some of them, drawn without replacement."""
    chosen = np.random.default_rng(seed).permutation(len(digits.labels))[:count]
    return Digits(digits.images[chosen], digits.labels[chosen])


def of_each_class(digits: Digits, count: int, seed: int) -> Digits:
    """Return `count` digits of each class, drawn without replacement."""
    random = np.random.default_rng(seed)
    chosen = np.concatenate(
        [
            random.permutation(np.flatnonzero(digits.labels == c))[:count]
            for c in range(10)
        ]
    )
    return Digits(digits.images[chosen], digits.labels[chosen])


def repeated(digits: Digits, times: int) -> Digits:
    """Return all of them several times over."""
    return Digits(
        np.tile(digits.images, (times, 1, 1, 1)), np.tile(digits.labels, times)
    )


def shifted(images: np.ndarray, random: np.random.Generator, most: int) -> np.ndarray:
    """Return images moved by up to `most` whole pixels each; black comes in."""
    height, width = images.shape[1:3]
    wider = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    return _windows(wider, height, width, random)


def placed(images: np.ndarray, random: np.random.Generator, side: int) -> np.ndarray:
    """Lay each image anywhere on a black square, as the training set of affNIST."""
    height, width = (side - length for length in images.shape[1:3])
    wider = np.pad(images, ((0, 0), (height, height), (width, width), (0, 0)))
    return _windows(wider, side, side, random)


def _windows(
    images: np.ndarray, height: int, width: int, random: np.random.Generator
) -> np.ndarray:
    """Return a part of each image, from a place of its own."""
    room = [images.shape[1] - height, images.shape[2] - width]
    tops, lefts = random.integers(0, np.add(room, 1)[:, None], (2, len(images)))
    rows, columns = tops[:, None] + range(height), lefts[:, None] + range(width)
    numbers = np.arange(len(images))[:, None, None]
    return images[numbers, rows[:, :, None], columns[:, None, :]]


def bent(digits: Digits, side: int, seed: int) -> tuple[Digits, Poses]:
    """Change each digit by an affine map of its own, as the test set of affNIST.

    Turned by up to 20 degrees, sheared by up to 0.2, each side scaled by 0.8 to 1.2,
    and laid anywhere on a black square on which the digit stays whole.
    """
    random = np.random.default_rng(seed)
    count = len(digits.images)
    turn = random.uniform(-1, 1, count) * np.radians(20)
    shear = random.uniform(-0.2, 0.2, count)
    scale = random.uniform(0.8, 1.2, (count, 2))
    room = (side - 28) / 2
    down, right = random.uniform(-room, room, (2, count))
    images = np.zeros((count, side, side, 1), np.uint8)
    for number, digit in enumerate(digits.images):
        cos, sin = np.cos(turn[number]), np.sin(turn[number])
        forward = np.array([[cos, -sin], [sin, cos]])
        forward = forward @ [[1, 0], [shear[number], 1]] @ np.diag(scale[number])
        back = np.linalg.inv(forward)
        middle = np.array([13.5, 13.5])
        target = (side - 1) / 2 + np.array([down[number], right[number]])
        images[number, ..., 0] = affine_transform(
            digit[..., 0], back, middle - back @ target, (side, side), order=1
        )
    return Digits(images, digits.labels), Poses(right, down, turn)


def overlaid(
    digits: Digits, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lay pairs of digits of different classes over each other (MultiMNIST).

    Each is shifted by up to four pixels in each direction on 36×36; they overlap by
    four fifths of their 20×20 boxes on average.

    Returns:
        Pictures, uint8 (count, 36, 36, 1); the two digits alone, uint8 (count, 2, 36,
        36, 1); their classes, int (count, 2); labels, float32 (count, 10), two of them
        1.
    """
    random = np.random.default_rng(seed)
    first = random.integers(0, len(digits.labels), count)
    second = random.integers(0, len(digits.labels), count)
    while (same := digits.labels[first] == digits.labels[second]).any():
        second[same] = random.integers(0, len(digits.labels), same.sum())
    alone = np.zeros((count, 2, 36, 36, 1), np.uint8)
    for number in range(count):
        for which, chosen in enumerate((first[number], second[number])):
            top, left = random.integers(0, 9, 2)
            alone[number, which, top : top + 28, left : left + 28] = digits.images[
                chosen
            ]
    both = np.minimum(alone.astype(np.int32).sum(1), 255).astype(np.uint8)
    classes = np.stack([digits.labels[first], digits.labels[second]], axis=1)
    labels = np.eye(10, dtype="float32")[classes].max(axis=1)
    return both, alone, classes, labels

"""What capsule networks draw, and what their numbers do to it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from wishes import digits
from wishes.training import Network, compiled

from tfapp.domains.images.capsules.explanation.parts import capsule_parts
from tfapp.domains.images.capsules.explanation.perturbation import (
    STEPS,
    perturbed,
    tiled,
)
from tfapp.domains.images.capsules.explanation.routing import entropies

DRAWING = ("efficient_capsnet", "capsnet")
"""Networks with a decoder; only these can show what a capsule's numbers mean."""

LEAST_CHANGE = {"width": 0.5, "slant": 0.03, "thickness": 0.05}
"""From one end of the steps to the other: pixels, radians, share."""


def entropy(model: keras.Model, images: np.ndarray) -> list[float]:
    """Return the mean entropy of the coefficients of each round, nats."""
    rounds = capsule_parts(model).couplings(images)
    return [float(entropies(shares).mean()) for shares in rounds]


def steadiness(
    model: keras.Model, held: digits.Digits, correlate: Callable[..., Any]
) -> np.ndarray:
    """Return how steadily each number of a capsule changes one trait of the drawing.

    Args:
        model: with a decoder.
        held: digits whose own capsules are perturbed.
        correlate: Spearman's rank correlation.

    Returns:
        float array (dim,): of the trait that it changes most steadily, the mean over
        digits of the absolute correlation between step and trait; 0 where the trait
        hardly moves.
    """
    parts = capsule_parts(model, draws=True)
    capsules = parts.capsules(held.images)
    found: dict[str, list[list[float]]] = {name: [] for name in LEAST_CHANGE}
    for pose, label in zip(capsules, held.labels, strict=True):
        drawn = perturbed(parts, pose, int(label))[..., 0] / 255.0
        for name, values in traits(drawn).items():
            moved = np.ptp(values, axis=1) >= LEAST_CHANGE[name]
            found[name].append(
                [
                    abs(float(correlate(STEPS, row).statistic)) if enough else 0.0
                    for row, enough in zip(values, moved, strict=True)
                ]
            )
    return np.max([np.mean(rows, axis=0) for rows in found.values()], axis=0)


def traits(drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Measure drawings by their moments.

    Args:
        drawn: float array (..., height, width) in [0, 1].

    Returns:
        "width", two deviations of the ink from left to right, pixels; "slant", the
        angle at which its middle moves across from row to row, radians; "thickness",
        the ink in units of the ink that its outline would have, all (...).
    """
    rows, columns = np.indices(drawn.shape[-2:], float)
    ink = drawn.sum(axis=(-2, -1)) + 1e-6

    def mean(values: np.ndarray) -> np.ndarray:
        return (drawn * values).sum(axis=(-2, -1)) / ink

    across = columns - mean(columns)[..., None, None]
    down = rows - mean(rows)[..., None, None]
    steep = mean(across * down) / (mean(down**2) + 1e-6)
    edges = [np.abs(np.diff(drawn, axis=a)).sum(axis=(-2, -1)) for a in (-1, -2)]
    return {
        "width": 2 * np.sqrt(mean(across**2)),
        "slant": np.arctan(-steep),
        "thickness": ink / (sum(edges) / 2 + 1e-6),
    }


def train_on_pairs(
    network: Network, drawn: digits.Digits, seed: int, epochs: int
) -> keras.Model:
    """Train on two digits over each other, new pairs in every epoch.

    Each picture is shown with one of its two digits as the one to draw, as in the
    paper, and with both as labels.
    """
    steps = -(-len(drawn.labels) // 64) * epochs
    model, learner, _ = compiled(network, (36, 36, 1), 10, seed, steps)
    for epoch in range(epochs):
        numbers = (len(drawn.labels), 1000 * seed + epoch)
        both, alone, classes, labels = digits.overlaid(drawn, *numbers)
        inputs = {
            "image": both.astype("float32"),
            "label": np.eye(10, dtype="float32")[classes[:, 0]],
        }
        targets = {
            "presence": labels,
            "reconstruction": alone[:, 0].astype("float32"),
        }
        learner.fit(inputs, targets, batch_size=64, verbose=0)
    return model


def both_right(model: keras.Model, over: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return whether the two longest capsules are those of both digits, (examples,)."""
    both, _, classes, _ = over
    part = keras.Model(model.input, model.output["presence"])
    presence = part.predict(both.astype("float32"), 256, verbose=0)
    longest = np.sort(np.argsort(presence, axis=1)[:, -2:], axis=1)
    return (longest == np.sort(classes, axis=1)).all(axis=1).astype(float)


def drawn_alone(model: keras.Model, over: tuple[np.ndarray, ...]) -> np.ndarray:
    """Draw each of two overlaid digits from its own capsule.

    Args:
        model: trained on pairs, with a decoder.
        over: what `digits.overlaid` returns.

    Returns:
        uint8 array (pictures, 2, 36, 36, 1).
    """
    both, _, classes, _ = over
    parts = capsule_parts(model, draws=True)
    capsules = parts.capsules(both)
    return np.stack([parts.draw(capsules, classes[:, w]) for w in (0, 1)], axis=1)


def told_apart(drawn: np.ndarray, over: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return whether both drawings are nearer to their own digit than to the other.

    Args:
        drawn: what `drawn_alone` returns.
        over: what it was drawn from.

    Returns:
        float array (pictures,) of 0 and 1; near is a small squared difference.
    """
    alone = over[1].astype(float)

    def distance(other: np.ndarray) -> np.ndarray:
        return np.square(drawn - other).sum(axis=(2, 3, 4))

    own, others = distance(alone), distance(alone[:, ::-1])
    return (own < others).all(axis=1).astype(float)


def pairs_sheet(drawn: np.ndarray, over: tuple[np.ndarray, ...]) -> np.ndarray:
    """Lay pairs out: what was shown, its two digits, what was drawn of each.

    Returns:
        uint8 array (height, width, 3), five rows and a column for each pair.
    """
    both, alone, _, _ = over
    rows = [both, alone[:, 0], drawn[:, 0], alone[:, 1], drawn[:, 1]]
    return tiled(np.stack(rows))

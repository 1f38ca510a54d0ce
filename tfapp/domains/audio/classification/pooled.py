"""Spectra of whole recordings as rows of one length, and a classifier on them."""

from typing import Any

import numpy as np
from scipy.linalg import solve

from tfapp.domains.audio.layers.frames import FrameCount
from tfapp.domains.audio.layers.log_mel import LogMel
from tfapp.domains.audio.models.spectra import HOP, WINDOW
from tfapp.layers.logistic_regression import right_share

BANDS, STEPS = 40, 20
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
BATCH = 256
WIDTHS = (0.3, 1.0, 3.0)
"""Of the kernel, in units of the mean squared distance."""
MOST_ROWS = 5000
"""Training recordings of the kernel, whose matrix has the square of them."""


def pooled_spectra(waveforms: np.ndarray, rate: int) -> np.ndarray:
    """Return log-mel spectra, normalised and pooled over time to equally many steps.

    Args:
        waveforms: float (recordings, samples), zeros behind the end.
        rate: samples per second.

    Returns:
        float32 (recordings, 20 * 40).
    """
    window, hop = round(WINDOW * rate), round(HOP * rate)
    layer = LogMel(rate, BANDS, window, hop, 2 ** (window - 1).bit_length())
    counts = np.asarray(FrameCount(hop)(waveforms))
    rows = []
    for start in range(0, len(waveforms), BATCH):
        spectra = np.asarray(layer(waveforms[start : start + BATCH]))
        own = counts[start : start + BATCH]
        rows += [_pooled(s[:count]) for s, count in zip(spectra, own, strict=True)]
    return np.stack(rows)


def _pooled(spectrum: np.ndarray) -> np.ndarray:
    """Return the means of 20 stretches of a spectrum, one row, mean 0, deviation 1."""
    edges = np.linspace(0, len(spectrum), STEPS + 1)
    parts = [
        spectrum[int(low) : max(int(np.ceil(high)), int(low) + 1)].mean(axis=0)
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    ]
    row = np.concatenate(parts)
    return (row - row.mean()) / (row.std() + 1e-6)


def kernel_ridge(
    train: tuple[np.ndarray, np.ndarray],
    held_out: tuple[np.ndarray, np.ndarray] | None,
    test: np.ndarray,
    num_classes: int,
) -> np.ndarray:
    """Return the scores of a ridge regression on classes with a Gaussian kernel.

    Width and penalty are chosen on held-out rows, where there are some.

    Args:
        train: rows (examples, dims) and classes (examples,); more than 5,000 are
            thinned out.
        held_out: the same of other examples, or None.
        test: rows (examples, dims).
        num_classes: number of classes.

    Returns:
        float64 (examples, num_classes); the largest is the answer.
    """
    thinned = np.linspace(0, len(train[0]) - 1, min(len(train[0]), MOST_ROWS))
    rows, labels = (part[thinned.astype(int)] for part in train)
    goals = np.eye(num_classes)[labels] - 1 / num_classes
    distances = _distances(rows, rows)
    best: tuple[float, Any] = (-1.0, None)
    for width in WIDTHS if held_out is not None else (1.0,):
        scale = width * distances.mean()
        kernel = np.exp(-distances / scale)
        seen = None if held_out is None else _kernel(held_out[0], rows, scale)
        for penalty in PENALTIES if seen is not None else (1e-2,):
            penalized = kernel + penalty * np.eye(len(kernel))
            weights = solve(penalized, goals, assume_a="pos")
            score = 0.0
            if held_out is not None and seen is not None:
                score = float(right_share(seen @ weights, held_out[1]).mean())
            if score > best[0]:
                best = score, (scale, weights)
    scale, weights = best[1]
    scores: np.ndarray = _kernel(test, rows, scale) @ weights
    return scores


def _kernel(one: np.ndarray, other: np.ndarray, scale: float) -> np.ndarray:
    """Return the Gaussian kernel of rows, float64 (one, other)."""
    kernel: np.ndarray = np.exp(-_distances(one, other) / scale)
    return kernel


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return squared distances between rows, float (one, other)."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None]
    return np.maximum(squares - 2 * one @ other.T, 0.0)

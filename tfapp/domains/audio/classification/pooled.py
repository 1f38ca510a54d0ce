"""Spectra of whole recordings as rows of one length, and a classifier on them."""

from typing import Any

import numpy as np

from tfapp.domains.audio.models.spectra import HOP, WINDOW
from tfapp.layers.logistic_regression import right_share

BANDS, STEPS = 40, 20
PENALTIES = np.logspace(-4, 1, 11)
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
    from tfapp.domains.audio.layers.log_mel import LogMel

    window, hop = round(WINDOW * rate), round(HOP * rate)
    layer = LogMel(rate, BANDS, window, hop, 2 ** (window - 1).bit_length())
    rows = [
        _pooled(np.asarray(layer(own[None]))[0])
        for own in map(_without_silence, waveforms)
    ]
    return np.stack(rows)


def _without_silence(waveform: np.ndarray) -> np.ndarray:
    (present,) = np.nonzero(waveform)
    return waveform[: present[-1] + 1] if len(present) else waveform[:1]


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
        values, vectors = np.linalg.eigh(np.exp(-distances / scale))
        projected = vectors.T @ goals
        for penalty in PENALTIES if held_out is not None else (1e-2,):
            weights = vectors @ (projected / (values + penalty)[:, None])
            score = 0.0
            if held_out is not None:
                kernel = np.exp(-_distances(held_out[0], rows) / scale)
                score = float(right_share(kernel @ weights, held_out[1]).mean())
            if score > best[0]:
                best = score, (scale, weights)
    scale, weights = best[1]
    scores: np.ndarray = np.exp(-_distances(test, rows) / scale) @ weights
    return scores


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return squared distances between rows, float (one, other)."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None]
    return np.maximum(squares - 2 * one @ other.T, 0.0)

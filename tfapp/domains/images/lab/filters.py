"""Correlation and convolution written out, and filters that are set by hand.

Everything is NumPy in float64, so that it can be compared with what Keras computes.
"""

import numpy as np

GAUSSIAN = (
    np.array(
        [
            [1, 4, 7, 4, 1],
            [4, 16, 26, 16, 4],
            [7, 26, 41, 26, 7],
            [4, 16, 26, 16, 4],
            [1, 4, 7, 4, 1],
        ]
    )
    / 273
)
"""Blurs; its numbers sum to 1, so that a picture keeps its brightness."""

SOBEL_X = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
SOBEL_Y = SOBEL_X.T
"""Answer where brightness rises to the right, and downwards."""


def correlate(
    z: np.ndarray, w: np.ndarray, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    """Return Σ z[i·stride + a, j·stride + b, c] w[a, b, c, f]: what a layer computes.

    Args:
        z: (height, width, channels), or (height, width).
        w: (rows, columns, channels, filters), or (rows, columns) where z has no
            channels.
        stride: places between neighbours of the answer.
        padding: "valid" for windows inside z alone, "same" for zeros around it, so
            that a stride of 1 keeps its size.

    Returns:
        (height', width', filters), or (height', width').
    """
    if z.ndim == 2:
        return correlate(z[..., None], w[..., None, None], stride, padding)[..., 0]
    return np.einsum("ijcab,abcf->ijf", windows(z, w.shape[:2], stride, padding), w)


def convolve(z: np.ndarray, w: np.ndarray, padding: str = "valid") -> np.ndarray:
    """Return the convolution of mathematics: correlation with the filter turned."""
    return correlate(z, w[::-1, ::-1], padding=padding)


def windows(
    z: np.ndarray, size: tuple[int, ...], stride: int, padding: str
) -> np.ndarray:
    """Return what each place of the answer sees: (height', width', channels, a, b)."""
    edges = [
        margins(n, k, stride, padding) for n, k in zip(z.shape, size, strict=False)
    ]
    padded = np.pad(z, [*edges, (0, 0)])
    every = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(0, 1))
    return every[::stride, ::stride]


def margins(length: int, size: int, stride: int, padding: str) -> tuple[int, int]:
    """Return how many zeros stand before and behind an axis, as TensorFlow has it."""
    if padding == "valid":
        return 0, 0
    needed = max(0, (-(-length // stride) - 1) * stride + size - length)
    return needed // 2, needed - needed // 2


def magnitude(z: np.ndarray) -> np.ndarray:
    """Return how steep the brightness of a picture is, of z's size less 2.

    Args:
        z: (height, width).
    """
    return np.hypot(correlate(z, SOBEL_X), correlate(z, SOBEL_Y))

"""A convolution as one large matrix, and its gradients by hand."""

import numpy as np

from tfapp.domains.images.lab.filters import margins, windows


def toeplitz(w: np.ndarray, length: int) -> np.ndarray:
    """Return the matrix W with W @ z = the correlation of z (length,) with w, valid.

    Every row holds the filter, one place further to the right. Wᵀ @ d pads d with
    zeros and correlates it with the filter turned: the full convolution.

    Args:
        w: (size,).
        length: of z.

    Returns:
        (length - size + 1, length).
    """
    rows = length - len(w) + 1
    matrix = np.zeros((rows, length))
    for row in range(rows):
        matrix[row, row : row + len(w)] = w
    return matrix


def convolution_matrix(
    shape: tuple[int, int, int], w: np.ndarray, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    """Return the matrix of a convolutional layer: blocks of Toeplitz matrices.

    It is written number by number, without any correlation.

    Args:
        shape: of z: height, width, channels.
        w: (rows, columns, channels, filters).
        stride: see `filters.correlate`.
        padding: see `filters.correlate`.

    Returns:
        (numbers of the answer, numbers of z), both flattened row by row.
    """
    sides, size = shape[:2], w.shape[:2]
    pairs = list(zip(sides, size, strict=True))
    edges = [margins(n, k, stride, padding) for n, k in pairs]
    answer = [
        (n + sum(edge) - k) // stride + 1
        for (n, k), edge in zip(pairs, edges, strict=True)
    ]
    matrix = np.zeros((*answer, w.shape[3], *shape))
    for i, j in np.ndindex(*answer):
        for a, b in np.ndindex(*size):
            row, column = i * stride + a - edges[0][0], j * stride + b - edges[1][0]
            if 0 <= row < sides[0] and 0 <= column < sides[1]:
                matrix[i, j, :, row, column] += w[a, b].T
    return matrix.reshape(np.prod(matrix.shape[:3]), -1)


def input_gradient(
    d: np.ndarray,
    w: np.ndarray,
    shape: tuple[int, int, int],
    stride: int = 1,
    padding: str = "valid",
) -> np.ndarray:
    """Return the gradient by z: the full convolution of d with the filters.

    Where the stride is larger than 1, zeros stand between the numbers of d: this is
    what a transposed convolution computes.

    Args:
        d: gradient by the layer's answer, (height', width', filters).
        w: (rows, columns, channels, filters).
        shape: of z: height, width, channels.
        stride: of the layer.
        padding: of the layer.

    Returns:
        (height, width, channels).
    """
    size = w.shape[:2]
    spread = np.zeros((*((n - 1) * stride + 1 for n in d.shape[:2]), d.shape[2]))
    spread[::stride, ::stride] = d
    around = [(k - 1, k - 1) for k in size]
    turned = w[::-1, ::-1].swapaxes(2, 3)
    seen = windows(np.pad(spread, [*around, (0, 0)]), size, 1, "valid")
    full = np.einsum("ijfab,abfc->ijc", seen, turned)
    # The last rows and columns of z may lie in no window: nothing depends on them.
    gradient = np.zeros(shape)
    starts = [
        margins(n, k, stride, padding)[0] for n, k in zip(shape, size, strict=False)
    ]
    part = full[starts[0] :, starts[1] :][: shape[0], : shape[1]]
    gradient[: part.shape[0], : part.shape[1]] = part
    return gradient


def filter_gradient(
    z: np.ndarray, d: np.ndarray, size: tuple[int, int], stride: int, padding: str
) -> np.ndarray:
    """Return the gradient by the filters: the correlation of z with d.

    Args:
        z: (height, width, channels).
        d: gradient by the layer's answer, (height', width', filters).
        size: rows and columns of the filters.
        stride: of the layer.
        padding: of the layer.

    Returns:
        (rows, columns, channels, filters).
    """
    return np.einsum("ijcab,ijf->abcf", windows(z, size, stride, padding), d)

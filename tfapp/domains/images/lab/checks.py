"""Statements on convolutions, each checked by numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tfapp.domains.images.lab.axes import examples, find_axes
from tfapp.domains.images.lab.filters import (
    GAUSSIAN,
    SOBEL_X,
    convolve,
    correlate,
    magnitude,
)
from tfapp.domains.images.lab.matrices import (
    convolution_matrix,
    filter_gradient,
    input_gradient,
    toeplitz,
)

EXACT, AUTOMATIC, FINITE = 1e-12, 1e-5, 1e-6
"""Largest differences: to a matrix in float64, to Keras, to finite differences."""
LAYERS = {
    "valid": {"stride": 1, "padding": "valid"},
    "same": {"stride": 1, "padding": "same"},
    "same, stride 2": {"stride": 2, "padding": "same"},
    "valid, stride 2": {"stride": 2, "padding": "valid"},
}


@dataclass(frozen=True)
class Check:
    """A statement, and how far the numbers are from it.

    Args:
        statement: that should hold.
        difference: the largest one that was found.
        limit: that it must not exceed.
    """

    statement: str
    difference: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the difference is within the limit."""
        return self.difference <= self.limit


def checks(seed: int = 0) -> tuple[Check, ...]:
    """Check every statement on random numbers and on the examples of the lecture."""
    random = np.random.default_rng(seed)
    return (
        *_filter_checks(random),
        *_line_checks(random),
        *(check for name in LAYERS for check in _layer_checks(name, random)),
        *_axes_checks(),
    )


def _filter_checks(random: np.random.Generator) -> Iterator[Check]:
    yield _check("The Gaussian's numbers sum to 1", GAUSSIAN.sum(), 1.0, EXACT)
    rank = np.linalg.matrix_rank(GAUSSIAN)
    yield _check("its rank is 3, so it is not separable", rank, 3, 0.0)
    flat = correlate(np.full((9, 9), 0.7), GAUSSIAN)
    yield _check("a picture of one grey stays as it is", flat, 0.7, EXACT)
    ramp = np.tile(np.arange(9.0), (9, 1))
    yield _check("Sobel answers 8 everywhere on a ramp", magnitude(ramp), 8.0, EXACT)
    step = np.repeat([[0.0, 1.0]], 4, axis=1).repeat(8, axis=0)
    edge = [0, 0, 4, 4, 0, 0]
    yield _check("and 4 on both sides of a step", magnitude(step), edge, EXACT)
    z = random.normal(size=(8, 9))
    kernel = SOBEL_X[..., None, None]
    ours = _conv(z[None, ..., None], kernel, 1, "valid")[0, ..., 0]
    sobel = correlate(z, SOBEL_X)
    yield _check("Keras' convolution is the correlation", ours, sobel, AUTOMATIC)
    turned = convolve(z, SOBEL_X) + sobel
    yield _check("the convolution by Sobel is its negative", turned, 0.0, EXACT)


def _line_checks(random: np.random.Generator) -> Iterator[Check]:
    w, z, d = (random.normal(size=size) for size in (3, 6, 4))
    matrix = toeplitz(w, 6)
    direct = np.correlate(z, w, "valid")
    yield _check("A Toeplitz matrix correlates a line", matrix @ z, direct, EXACT)
    full = np.convolve(d, w, "full")
    yield _check("its transpose convolves in full", matrix.T @ d, full, EXACT)


def _layer_checks(name: str, random: np.random.Generator) -> Iterator[Check]:
    """Compare matrix, formula, Keras and finite differences on one kind of layer."""
    stride, padding = LAYERS[name]["stride"], str(LAYERS[name]["padding"])
    kind = (int(stride), padding)
    z, w = random.normal(size=(6, 7, 2)), random.normal(size=(3, 3, 2, 3))
    y = correlate(z, w, *kind)
    d = random.normal(size=y.shape)
    matrix = convolution_matrix(z.shape, w, *kind)
    answer = (matrix @ z.ravel()).reshape(y.shape)
    yield _check(f"{name}: the matrix is the layer", answer, y, EXACT)
    by_z = input_gradient(d, w, z.shape, *kind)
    by_w = filter_gradient(z, d, w.shape[:2], *kind)
    back = (matrix.T @ d.ravel()).reshape(z.shape)
    yield _check(f"{name}: its transpose is the gradient by z", by_z, back, EXACT)
    inner = float((y * d).sum() - (z * back).sum())
    yield _check(f"{name}: <Wz, d> = <z, Wᵀd>", inner, 0.0, EXACT * 100)
    tape_z, tape_w = _automatic(z, w, d, *kind)
    yield _check(f"{name}: automatic gradient by z", tape_z, by_z, AUTOMATIC)
    yield _check(f"{name}: automatic gradient by w", tape_w, by_w, AUTOMATIC)
    moved = _finite(lambda v: float((correlate(v, w, *kind) * d).sum()), z)
    yield _relative(f"{name}: finite differences by z", moved, by_z)
    moved = _finite(lambda v: float((correlate(z, v, *kind) * d).sum()), w)
    yield _relative(f"{name}: finite differences by w", moved, by_w)


def _axes_checks() -> Iterator[Check]:
    pictures = {name: find_axes(image) for name, image in examples().items()}
    both = pictures["both axes"]
    worked = [[-2, 4, -2, 0]] * 3 + [[-3, 6, -3, 0]]
    yield _check("Axes: answers to upright lines by hand", both.upright, worked, 0.0)
    pooled = [[4, 0], [6, 0]]
    yield _check("and what pooling leaves", both.pooled_upright, pooled, 0.0)
    decisions = [search.axes for search in pictures.values()]
    expected = [True, False, False]
    yield _check("only the picture of both is accepted", decisions, expected, 0.0)


def _conv(z: np.ndarray, w: np.ndarray, stride: int, padding: str) -> np.ndarray:
    answer = keras.ops.conv(
        keras.ops.convert_to_tensor(z, "float64"),
        keras.ops.convert_to_tensor(w, "float64"),
        strides=stride,
        padding=padding,
    )
    return np.asarray(keras.ops.convert_to_numpy(answer))


def _automatic(
    z: np.ndarray, w: np.ndarray, d: np.ndarray, stride: int, padding: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of Σ y·d by z and w, as TensorFlow finds them."""
    image, kernel = tf.constant(z[None]), tf.constant(w)
    with tf.GradientTape() as tape:
        tape.watch([image, kernel])
        y = keras.ops.conv(image, kernel, strides=stride, padding=padding)
        total = tf.reduce_sum(y * d)
    by_z, by_w = tape.gradient(total, [image, kernel])
    return by_z.numpy()[0], by_w.numpy()


def _finite(function: object, values: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Return the central differences of a function of an array, number by number."""
    gradient = np.empty_like(values)
    for index in np.ndindex(*values.shape):
        moved = [values.copy(), values.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        up, down = (function(value) for value in moved)  # type: ignore[operator]
        gradient[index] = (up - down) / (2 * step)
    return gradient


def _relative(statement: str, one: np.ndarray, other: np.ndarray) -> Check:
    scale = float(np.abs(other).max())
    return _check(f"{statement}, relative", one / scale, other / scale, FINITE)


def _check(statement: str, one: object, other: object, limit: float) -> Check:
    difference = np.abs(np.asarray(one, float) - np.asarray(other, float))
    return Check(statement, float(difference.max()), limit)

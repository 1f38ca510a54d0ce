"""A support vector machine with a polynomial kernel: the floor of MNIST's networks.

    python benchmarks/svm_floor.py "$TFAPP_DATA/mnist/mnist.npz" --train 10000 60000

The kernel is ((u·v + 1) / 2)^degree of pixels scaled to length 1, with C = 2, as
DeCoste & Schölkopf (Training invariant support vector machines, 2002) have it, and
no virtual examples: their 0.56 % and the lecture's 0.8 % learn from shifted digits too.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from sklearn.svm import SVC

from tfapp.base.intervals import wilson_interval

HEADER = "| train | degree | error | 95 % interval | support vectors | seconds |"


def main() -> None:
    """Print a row per number of training digits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="mnist.npz of keras.datasets")
    parser.add_argument("--train", nargs="+", type=int, default=[60_000])
    parser.add_argument("--test", type=int, default=10_000)
    parser.add_argument("--degree", type=int, default=9)
    arguments = parser.parse_args()
    with np.load(arguments.archive) as data:
        train, test = _unit(data["x_train"]), _unit(data["x_test"][: arguments.test])
        labels, truth = data["y_train"], data["y_test"][: arguments.test]
    print(HEADER + "\n" + "|---" * 6 + "|", flush=True)
    for count in arguments.train:
        print(row(train[:count], labels[:count], test, truth, arguments.degree))


def row(
    train: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
    truth: np.ndarray,
    degree: int,
) -> str:
    """Return the row of one machine."""
    began = time.monotonic()
    machine = SVC(
        C=2.0, kernel="poly", degree=degree, gamma=0.5, coef0=0.5, cache_size=1000
    )
    machine.fit(train, labels)
    right = int((machine.predict(test) == truth).sum())
    low, high = wilson_interval(right, len(test))
    seconds = time.monotonic() - began
    return (
        f"| {len(train):,} | {degree} | {1 - right / len(test):.2%} "
        f"| {1 - high:.2%} to {1 - low:.2%} | {machine.n_support_.sum():,} "
        f"| {seconds:.0f} |"
    )


def _unit(images: np.ndarray) -> np.ndarray:
    """Return pixels as rows of length 1."""
    rows = images.reshape(len(images), -1).astype(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1.0)


if __name__ == "__main__":
    main()

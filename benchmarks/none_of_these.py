r"""Which score tells foreign photos from those of the classes: compared on features.

    python benchmarks/none_of_these.py "$TFAPP_DATA/flowers" --foreign \
        "$TFAPP_DATA/cats_dogs" "$TFAPP_DATA/nuclei_dsb2018" "$TFAPP_DATA/style_images"

The threshold of every score is chosen on validation photos so that 95 % are kept; the
table says which share of the test photos is kept, and which of each folder rejected.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.special import logsumexp, softmax
from small_sets import Featured, featured, features_of_files

from tfapp.base.reporter import Reporter
from tfapp.layers.logistic_regression import LogisticRegression, fit_best
from tfapp.machine.start import start_tensorflow
from tfapp.problems.classification.foreign.familiarity import (
    fit_familiarity,
    threshold_of,
    unit_rows,
)

Score = Callable[[np.ndarray], np.ndarray]
"""Features → the larger, the more familiar."""


def main() -> None:
    """Print a row per score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos")
    parser.add_argument("--foreign", nargs="+", type=Path, required=True)
    parser.add_argument("--most", type=int, default=600, help="photos of a folder")
    parser.add_argument("--keep", type=float, default=0.95)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    start_tensorflow(Reporter(quiet=True))
    of = featured(arguments.photos, arguments.overrides)
    names = " | ".join(folder.name for folder in arguments.foreign)
    print(f"| score | kept | {names} | all |")
    print("|---" * (3 + len(arguments.foreign)) + "|", flush=True)
    strangers = [features_of_files(of, f, arguments.most) for f in arguments.foreign]
    for name, score in scores(of, arguments.keep):
        threshold = threshold_of(score(of.features["validation"]), arguments.keep)
        kept = float((score(of.features["test"]) >= threshold).mean())
        every = [*strangers, np.concatenate(strangers)]
        shares = [kept, *(float((score(x) < threshold).mean()) for x in every)]
        cells = " | ".join(f"{share:.1%}" for share in shares)
        print(f"| {name} | {cells} |", flush=True)


def scores(of: Featured, keep: float) -> Iterator[tuple[str, Score]]:
    """Yield the scores by name."""
    train, labels = of.features["train"], of.labels["train"]
    held_out = of.features["validation"], of.labels["validation"]
    head = fit_best((train, labels), held_out, len(of.dataset.info.labels))
    yield "largest probability", lambda x: softmax(head.logits(x), axis=1).max(axis=1)
    yield "largest logit", lambda x: head.logits(x).max(axis=1)
    yield "energy", lambda x: logsumexp(head.logits(x), axis=1)
    yield "Mahalanobis", mahalanobis(head, train, labels)
    bank = unit_rows(train)
    yield (
        "10th neighbour, cosine",
        lambda x: np.sort(unit_rows(x) @ bank.T, axis=1)[:, -min(10, len(bank))],
    )
    known = fit_familiarity(train, labels, held_out[0], keep)
    yield "familiarity (10 typical a class)", known.scores


def mahalanobis(
    head: LogisticRegression, train: np.ndarray, labels: np.ndarray
) -> Score:
    """Return minus the least squared distance to a class mean, by a shared covariance.

    The covariance of scaled features is drawn towards the unit matrix by a tenth.
    """

    def scaled(features: np.ndarray) -> np.ndarray:
        rows: np.ndarray = (features - head.mean) / head.deviation
        return rows

    rows, classes = scaled(train), np.unique(labels)
    means = np.stack([rows[labels == c].mean(axis=0) for c in classes])
    apart = rows - means[np.searchsorted(classes, labels)]
    covariance = apart.T @ apart / len(apart)
    size = np.trace(covariance) / len(covariance)
    inverse = np.linalg.inv(0.9 * covariance + 0.1 * size * np.eye(len(covariance)))

    def score(features: np.ndarray) -> np.ndarray:
        squares = [
            np.einsum(
                "nd,nd->n", (scaled(features) - mean) @ inverse, scaled(features) - mean
            )
            for mean in means
        ]
        nearest: np.ndarray = -np.min(squares, axis=0)
        return nearest

    return score


if __name__ == "__main__":
    main()

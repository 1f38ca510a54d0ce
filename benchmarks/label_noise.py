r"""Accuracy under wrong labels, and how many of them the audit names first.

    python benchmarks/label_noise.py "$TFAPP_DATA/flowers" --seeds 0 1 2

Labels of training photos are replaced by those of another class, drawn evenly. The head
is a linear one on MobileNetV2's features, its penalty chosen on validation photos with
true labels. "In the first tenth" is the share of the wrong labels among the most
doubtful tenth of all; of 15 % wrong labels a tenth can hold two thirds at most, of 50 %
a fifth. "After it" is the accuracy without as many of the most doubtful photos as
there are wrong labels.
"""

import argparse

import numpy as np
from small_sets import Featured, featured

from tfapp.base.reporter import Reporter
from tfapp.layers.logistic_regression import fit_best
from tfapp.machine.start import start_tensorflow
from tfapp.problems.classification.label_audit import label_margins

HEADER = (
    "| wrong | seed | accuracy | in the first tenth (at most) | wrong in the tenth | "
    "wrong in as many as are | after it |"
)


def main() -> None:
    """Print a row per share of wrong labels and seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos")
    parser.add_argument("--noise", nargs="+", type=float, default=[0, 0.05, 0.15, 0.5])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    start_tensorflow(Reporter(quiet=True))
    print(HEADER + "\n" + "|---" * 7 + "|", flush=True)
    of = featured(arguments.photos, arguments.overrides)
    for seed in arguments.seeds:
        for noise in arguments.noise:
            print(row(of, noise, seed), flush=True)


def row(of: Featured, noise: float, seed: int) -> str:
    """Return the row of one share of wrong labels."""
    num_classes = len(of.dataset.info.labels)
    features, truth = of.features["train"], of.labels["train"]
    random = np.random.default_rng(seed)
    bad = random.permutation(len(truth))[: round(noise * len(truth))]
    labels = truth.copy()
    labels[bad] = (truth[bad] + random.integers(1, num_classes, len(bad))) % num_classes
    plain = accuracy(of, features, labels)
    if not len(bad):
        return f"| {noise:.0%} | {seed} | {plain:.2%} | – | – | – | – |"
    margins, _ = label_margins(features, labels, num_classes)
    order, wrong = np.argsort(margins, kind="stable"), labels != truth
    tenth, as_many = order[: len(order) // 10], order[: len(bad)]
    most = min(1.0, len(tenth) / len(bad))
    rest = np.setdiff1d(np.arange(len(labels)), as_many)
    return (
        f"| {noise:.0%} | {seed} | {plain:.2%} "
        f"| {wrong[tenth].sum() / len(bad):.1%} ({most:.0%}) "
        f"| {wrong[tenth].mean():.1%} "
        f"| {wrong[as_many].mean():.1%} "
        f"| {accuracy(of, features[rest], labels[rest]):.2%} |"
    )


def accuracy(of: Featured, features: np.ndarray, labels: np.ndarray) -> float:
    """Return the accuracy on test photos of a head that has learned from labels."""
    held_out = of.features["validation"], of.labels["validation"]
    head = fit_best((features, labels), held_out, len(of.dataset.info.labels))
    answers = head.logits(of.features["test"]).argmax(axis=1)
    return float((answers == of.labels["test"]).mean())


if __name__ == "__main__":
    main()

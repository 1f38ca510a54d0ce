r"""Make a graph of handwritten digits whose neighbours agree, or disagree.

    python benchmarks/digit_graphs.py nearest OUT   # a digit and the most similar ones
    python benchmarks/digit_graphs.py others OUT    # a digit and ones of other classes
    tfapp fit OUT

Nodes are scikit-learn's 1,797 digits with pixels averaged over 2x2, so that features
alone are right less often; 10 nodes of each class are for training. Edges are of the
pixels at full size (`nearest`), or join a digit to random ones of any other class.
"""

import argparse
import csv
import random
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

LEARNED, VALIDATED = 10, 300
"""Training nodes of each class; validation nodes in all."""


def edges_of(kind: str, images: np.ndarray, labels: np.ndarray, each: int) -> set:
    """Return pairs of nodes."""
    generator = np.random.default_rng(0)
    flat = images.reshape(len(images), -1)
    pairs = set()
    for node, (pixels, label) in enumerate(zip(flat, labels, strict=True)):
        if kind == "nearest":
            order = np.argsort(((flat - pixels) ** 2).sum(axis=1), kind="stable")
            ends = order[order != node][:each]
        else:
            ends = generator.choice(
                np.flatnonzero(labels != label), each, replace=False
            )
        pairs |= {(min(node, int(end)), max(node, int(end))) for end in ends}
    return pairs


def split_of(labels: np.ndarray) -> list[str]:
    """Return the split of each node."""
    order = list(range(len(labels)))
    random.Random(0).shuffle(order)
    counts, splits = dict.fromkeys(range(10), 0), ["test"] * len(labels)
    validation = VALIDATED
    for node in order:
        label = int(labels[node])
        if counts[label] < LEARNED:
            counts[label] += 1
            splits[node] = "train"
        elif validation:
            validation -= 1
            splits[node] = "validation"
    return splits


def main() -> None:
    """Write nodes.csv and edges.csv."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=("nearest", "others"))
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--each", type=int, default=3, help="edges from a node")
    arguments = parser.parse_args()
    images, labels = (load_digits()[key] for key in ("images", "target"))
    arguments.out.mkdir(parents=True, exist_ok=True)
    coarse = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(len(images), -1)
    splits = split_of(labels)
    with (arguments.out / "nodes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "split", *(f"p{i}" for i in range(16))])
        for node, numbers in enumerate(coarse):
            writer.writerow([node, f"digit {labels[node]}", splits[node], *numbers])
    pairs = edges_of(arguments.kind, images, labels, arguments.each)
    with (arguments.out / "edges.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("source", "target"), *sorted(pairs)])
    print(f"{len(labels)} nodes, {len(pairs)} edges: {arguments.out}")


if __name__ == "__main__":
    main()

"""Tiny graphs that a network can learn in seconds."""

import numpy as np

from tests.domains.tiny import Tiny


def write_graph(folder, count=60, agree=0.9, seed=0, columns=6, split=False):
    """Write nodes.csv and edges.csv of two classes.

    Args:
        folder: is made.
        count: nodes.
        agree: chance that an edge stays within a class.
        seed: of everything random.
        columns: features, the first two of which tell the class with noise.
        split: whether to write a column that divides the nodes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    classes = np.arange(count) % 2
    features = random.normal(0, 1, (count, columns))
    features[:, 0] += classes
    features[:, 1] -= classes
    names = [f"n{i}" for i in range(count)]
    header = ["id", "label", *(f"f{i}" for i in range(columns))]
    rows = [
        [name, "ab"[kind], *(f"{value:.4f}" for value in line)]
        for name, kind, line in zip(names, classes, features, strict=True)
    ]
    if split:
        header.append("split")
        parts = ["train", "train", "train", "validation", "test"]
        for number, row in enumerate(rows):
            row.append(parts[number // 2 % 5])
    lines = [",".join(row) for row in [header, *rows]]
    (folder / "nodes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    edges = ["source,target"]
    for number in range(3 * count):
        start = number % count
        same = random.random() < agree
        fitting = np.flatnonzero((classes == classes[start]) == same)
        end = int(random.choice(fitting[fitting != start]))
        edges.append(f"{names[start]},{names[end]}")
    (folder / "edges.csv").write_text("\n".join(edges) + "\n", encoding="utf-8")
    return folder


def friends(folder):
    """Sixty nodes of two classes, for a small graph convolution."""
    path = write_graph(folder / "friends")
    table = {
        "data": {"path": str(path)},
        "model": {"name": "gcn", "options": {"units": 4}},
        "training": {"epochs": 5, "learning_rate": 1e-2},
        "runtime": {
            "deterministic": True,
            "checkpoint_seconds": 0.0,
            "precision": "float32",
            "strategy": "single",
        },
    }
    return Tiny(str(path), table, [str(path / "nodes.csv")])


TINY = {"node_classification": friends}

"""Files ind.NAME.x, .y, .tx, .ty, .allx, .ally, .graph and .test.index to a graph.

References:
    Yang et al., Revisiting Semi-Supervised Learning with Graph Embeddings, ICML 2016,
    https://arxiv.org/abs/1603.08861
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse, vstack

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.domains.graphs.reading.restricted_pickle import read_pickle
from tfapp.domains.graphs.reading.spec import Graph

VALIDATION = 500
"""Nodes after the training nodes that the usual split validates on."""
PARTS = ("x", "y", "tx", "ty", "allx", "ally", "graph")


def read_planetoid(path: Path) -> Graph:
    """Read a graph of the Planetoid data with its usual split.

    Nodes between the smallest and the largest test index that the files lack, as in
    Citeseer, get features of zero and no label.

    Args:
        path: of its file ind.NAME.graph.

    Raises:
        DataError: naming the file that is missing, damaged or does not fit the others.
    """
    stem = path.name.removesuffix(".graph")
    parts = {part: read_pickle(path.with_name(f"{stem}.{part}")) for part in PARTS}
    test = _test_index(path.with_name(f"{stem}.test.index"))
    _check(path, parts, test)
    features, labels = _joined(parts, test)
    count = features.shape[0]
    num_train = parts["y"].shape[0]
    splits = np.full(count, "", object)
    splits[:num_train] = "train"
    splits[num_train : min(num_train + VALIDATION, parts["ally"].shape[0])] = (
        "validation"
    )
    splits[test] = "test"
    has_label = labels.any(axis=1)
    classes = np.where(has_label, labels.argmax(axis=1).astype(str), "")
    splits[~has_label] = ""
    edges = _edges(path, parts["graph"], count)
    problems = _missing(count - len(test) - parts["allx"].shape[0])
    return Graph(
        stem.removeprefix("ind."),
        tuple(map(str, range(count))),
        features,
        tuple(map(str, range(features.shape[1]))),
        edges,
        np.ones(len(edges), np.float32),
        tuple(classes.tolist()),
        tuple(splits.tolist()),
        problems,
    )


def _test_index(path: Path) -> np.ndarray:
    try:
        rows = np.array(path.read_text(encoding="ascii").split(), np.int64)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{path}: expected one row number per line.") from error
    if not len(rows) or len(np.unique(rows)) != len(rows):
        raise DataError(f"{path}: expected row numbers, each once, and at least one.")
    return rows


def _check(path: Path, parts: Mapping[str, Any], test: np.ndarray) -> None:
    """Refuse parts of other kinds or sizes than each other.

    Raises:
        DataError: naming them.
    """
    matrices = ("x", "tx", "allx")
    if not all(issparse(parts[name]) for name in matrices) or not all(
        isinstance(parts[name], np.ndarray) and parts[name].ndim == 2
        for name in ("y", "ty", "ally")
    ):
        raise DataError(
            f"{path}: expected sparse matrices in .x, .tx and .allx, and one-hot "
            "arrays in .y, .ty and .ally next to it."
        )
    if not isinstance(parts["graph"], dict):
        raise DataError(f"{path}: expected a dict of lists of neighbours.")
    widths = {name: parts[name].shape[1] for name in matrices}
    if len(set(widths.values())) > 1:
        raise DataError(f"{path}: features of other widths: {widths}.")
    for features, labels in (("x", "y"), ("tx", "ty"), ("allx", "ally")):
        rows = parts[features].shape[0], parts[labels].shape[0]
        if rows[0] != rows[1]:
            raise DataError(
                f"{path}: .{features} has {rows[0]} rows, .{labels} {rows[1]}."
            )
    if len(test) != parts["tx"].shape[0] or test.min() < parts["allx"].shape[0]:
        raise DataError(
            f"{path}: .test.index has {len(test)} rows from {test.min()}. Expected one "
            f"for each of the {parts['tx'].shape[0]} rows of .tx, from "
            f"{parts['allx'].shape[0]} on."
        )


def _joined(parts: Mapping[str, Any], test: np.ndarray) -> tuple[csr_array, np.ndarray]:
    """Return features and one-hot labels of all nodes, test nodes at their rows."""
    known = parts["allx"].shape[0]
    places = np.full(test.max() + 1 - known, -1)
    places[test - known] = np.arange(len(test))
    rest = csr_array((len(places), parts["allx"].shape[1]), dtype=np.float32).tolil()
    rest[test - known] = parts["tx"].tolil()
    features = csr_array(vstack([parts["allx"], rest]), dtype=np.float32)
    features.eliminate_zeros()
    labels = np.zeros((len(places), parts["ally"].shape[1]))
    labels[test - known] = parts["ty"]
    return features, np.concatenate([parts["ally"], labels])


def _edges(path: Path, neighbours: Mapping[int, list[int]], count: int) -> np.ndarray:
    pairs = [(i, j) for i, targets in neighbours.items() for j in targets]
    try:
        edges = np.array(pairs, np.int64).reshape(-1, 2)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{path}: expected row numbers of neighbours.") from error
    if edges.size and (edges.min() < 0 or edges.max() >= count):
        raise DataError(
            f"{path}: an edge ends at node {edges.max()}, and there are {count}."
        )
    return edges.astype(np.int32)


def _missing(count: int) -> tuple[Problem, ...]:
    if not count:
        return ()
    detail = f"{count} nodes have neither features nor a label; zeros stand for them."
    return (Problem("", "nodes without features", "used with care", detail),)

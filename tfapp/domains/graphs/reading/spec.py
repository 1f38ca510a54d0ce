"""A graph as arrays."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tfapp.data.faults import Problem


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes with features, and edges between them.

    Args:
        name: of the graph, for messages.
        nodes: name of each node.
        features: float32 (nodes, columns).
        columns: names of the features.
        edges: int32 (edges, 2), source and target of each as rows of `nodes`; as the
            files have them, edges with an unknown end left out.
        weights: float32 (edges,), above 0.
        labels: class of each node, "" where it has none.
        splits: of each node: "train", "validation", "test", or "" for none; () if the
            files do not divide the nodes.
        problems: what was wrong with the files.
    """

    name: str
    nodes: tuple[str, ...]
    features: csr_array
    columns: tuple[str, ...]
    edges: np.ndarray
    weights: np.ndarray
    labels: tuple[str, ...]
    splits: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their numbers or of the alphabet."""
        names = set(self.labels) - {""}
        numbers = all(name.isdecimal() for name in names)
        return tuple(sorted(names, key=int if numbers else str))

    def pairs(self) -> np.ndarray:
        """Return int32 (pairs, 2): nodes with an edge between them, each pair once."""
        ends = np.sort(self.edges[self.edges[:, 0] != self.edges[:, 1]], axis=1)
        found: np.ndarray = np.unique(ends, axis=0)
        return found.reshape(-1, 2)

"""What is wrong with a graph, and what `fit` has to know of it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, class_counts
from tfapp.data.spec import Example
from tfapp.domains.graphs.load import examples_of, require_classes
from tfapp.domains.graphs.reading.find import read_graph
from tfapp.domains.graphs.reading.spec import Graph

DISAGREE = 1.0
"""Times the share of edges within a class that chance gives, below which neighbours
disagree."""
FEW = 5


@dataclass(frozen=True)
class GraphReport(CheckReport):
    """The state of a graph.

    Args:
        graph: as it was read.
        context: in which it was read.
    """

    graph: Graph | None = None
    context: LoadContext | None = None

    def lines(self) -> list[str]:
        """Return the report for the terminal."""
        facts = self.facts
        text = f"  {facts['edges']:,} edges, {facts['features']:,} features"
        if facts["homophily"] is not None:
            text += f"; {facts['homophily']:.1%} of the edges join nodes of one class"
        first, *others = super().lines()
        return [first, text, *others]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary of everything but the graph."""
        whole = CheckReport(
            **{f.name: getattr(self, f.name) for f in fields(CheckReport)}
        )
        return whole.to_json()


def check_graph(context: LoadContext) -> GraphReport:
    """Read a graph as training would, and look at its edges.

    Raises:
        DataError: if it cannot be read, or has less than two classes.
    """
    graph = read_graph(Path(expand_path(context.config.path)))
    require_classes(graph)
    own = context.config.options.get("split", "own") == "own"
    examples = examples_of(graph, own)
    count = len(graph.nodes)
    return GraphReport(
        graph.name,
        "nodes",
        {
            "files": count,
            "usable": len(examples),
            "unusable": 0,
            "left out": count - len(examples),
        },
        class_counts(graph.classes, examples),
        {
            "edges": len(graph.pairs()),
            "features": len(graph.columns),
            "homophily": homophily(graph),
            "by_chance": by_chance(graph),
        },
        (*graph.problems, *edge_problems(graph), *class_problems(graph, examples)),
        graph=graph,
        context=context,
    )


def homophily(graph: Graph) -> float | None:
    """Return the share of edges between labelled nodes that join one class.

    None without such an edge.
    """
    labels = np.array(graph.labels)
    ends = labels[graph.pairs()]
    ends = ends[(ends != "").all(axis=1)]
    return float((ends[:, 0] == ends[:, 1]).mean()) if len(ends) else None


def by_chance(graph: Graph) -> float:
    """Return that share for edges that join nodes without regard to their class."""
    labels = np.array(graph.labels)
    degree = np.bincount(graph.pairs().ravel(), minlength=len(labels)).astype(float)
    of_class = np.array([degree[labels == name].sum() for name in graph.classes])
    total = of_class.sum()
    return float(((of_class / total) ** 2).sum()) if total else 0.0


def edge_problems(graph: Graph) -> Iterator[Problem]:
    """Yield what is odd about the edges; nothing of it stops training."""
    edges, count = graph.edges, len(graph.nodes)
    loops = int((edges[:, 0] == edges[:, 1]).sum())
    if loops:
        detail = f"{loops:,} edges join a node to itself; every node has one anyway."
        yield Problem("", "self loops", "left out", detail)
    others = edges[edges[:, 0] != edges[:, 1]]
    repeated = len(others) - len(np.unique(others, axis=0))
    if repeated:
        detail = (
            f"{repeated:,} edges stand twice; each counts once, by its mean weight."
        )
        yield Problem("", "duplicate edges", "note", detail)
    reverse = len(np.unique(others, axis=0)) - len(graph.pairs())
    if reverse:
        detail = (
            f"{reverse:,} edges stand in both directions; each counts once, since "
            "edges have no direction here."
        )
        yield Problem("", "reversed edges", "note", detail)
    alone = count - len(np.unique(others))
    if alone:
        detail = f"{alone:,} nodes have no neighbour; their own features decide."
        yield Problem("", "isolated nodes", "used with care", detail)
    share, chance = homophily(graph), by_chance(graph)
    if share is not None and share < DISAGREE * chance:
        detail = (
            f"{share:.1%} of the edges join one class, and {chance:.1%} would by "
            "chance: averages over neighbours may do harm."
        )
        yield Problem("", "neighbours disagree", "used with care", detail)


def class_problems(graph: Graph, examples: list[Example]) -> Iterator[Problem]:
    """Yield classes with few nodes to learn from, and nodes without a class."""
    without = sum(not label for label in graph.labels)
    if without:
        detail = f"{without:,} nodes have no label; they pass on features alone."
        yield Problem("", "nodes without label", "note", detail)
    train = [e.stratum for e in examples if e.split in ("", "train")]
    for name in graph.classes:
        if (number := train.count(name)) < FEW:
            detail = f"only {number} nodes to learn from; results will vary much."
            yield Problem(name, "few nodes", "used with care", detail)

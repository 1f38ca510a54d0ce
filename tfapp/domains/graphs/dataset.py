"""A graph as a dataset: its nodes are the examples, and all of them one input."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.sparse import coo_array, csr_array

from tfapp.data.spec import DataInfo, Example, InputSpec, Pass
from tfapp.data.streams import pipeline_options
from tfapp.domains.graphs.preprocessor import GraphPreprocessor, normalized_edges
from tfapp.domains.graphs.reading.spec import Graph

NEIGHBOURHOOD = 100
"""Nodes of the graph that is sent for an example, at most."""
HOPS = 2


@dataclass(frozen=True, eq=False)
class GraphDataset:
    """A graph whose nodes are divided; implements `tfapp.data.spec.Dataset`.

    Every pass is one batch of one graph. The weights of its answers are a mask: 1 at
    the nodes of the pass, 0 at all others.

    Args:
        info: inputs of the network, and classes.
        examples: nodes of each split.
        preprocessor: scales features and edges.
        graph: as it was read.
        notes: lines to show the user.
    """

    info: DataInfo
    examples: Mapping[str, tuple[Example, ...]]
    preprocessor: GraphPreprocessor
    graph: Graph
    notes: tuple[str, ...] = ()
    batch_size: int = 1
    augmentation: Mapping[str, Any] = field(default_factory=dict)

    def batches(self, examples: Sequence[Example], which: Pass) -> Any:
        """Return the one batch of a pass over some nodes, a tf.data.Dataset.

        Returns:
            Inputs by name, (1, ...); one-hot targets (1, nodes, classes), zeros at all
            other nodes; weights (1, nodes), 1 at the nodes of the pass.
        """
        rows = self._rows_of(examples)
        targets = np.zeros((1, len(self.graph.nodes), self.info.num_outputs), "float32")
        targets[0, rows, self.targets(examples)] = 1.0
        with tf.device("CPU"):
            parts = self.inputs, targets, targets.sum(axis=-1)
            batch = tf.data.Dataset.from_tensors(parts).skip(which.skip)
        return batch.with_options(pipeline_options())

    def stream(self, examples: Sequence[Example], which: Pass, end: int) -> Any:
        """Return passes up to one as a single dataset; see `tfapp.training.passes`."""
        every = self.batches(examples, replace(which, skip=0))
        return every.repeat(end - which.epoch).skip(which.skip)

    def count(self, examples: Sequence[Example], augment: bool) -> int:
        """Return 1, the number of graphs."""
        return 1

    def targets(self, examples: Sequence[Example]) -> np.ndarray:
        """Return the class of each node, int64 (examples,)."""
        number = {label: i for i, label in enumerate(self.info.labels)}
        return np.array([number[example.stratum] for example in examples], np.int64)

    def joined(
        self, examples: Sequence[Example], outputs: Iterator[np.ndarray]
    ) -> Iterator[np.ndarray]:
        """Yield the answer to each node, of those to all nodes of the graph."""
        (answers,) = (row for piece in outputs for row in piece)
        yield from answers[self._rows_of(examples)]

    def raw(self, example: Example) -> Mapping[str, Any]:
        """Return a graph as a client would send it: a node with those around it."""
        return neighbourhood(self.graph, self._row_by_name[example.name])

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What the network takes of the whole graph, by name, tensors (1, ...)."""
        return network_inputs(self.graph, self.preprocessor)

    @cached_property
    def adjacency(self) -> csr_array:
        """S, float32 (nodes, nodes), as the network multiplies with it."""
        edges, weights, loops = (
            self.inputs[name][0].numpy() for name in ("edges", "weights", "loops")
        )
        nodes = np.arange(len(loops))
        places = (
            np.concatenate([edges[:, 1], nodes]),
            np.concatenate([edges[:, 0], nodes]),
        )
        values = np.concatenate([weights, loops])
        return csr_array(coo_array((values, places), (len(loops), len(loops))))

    @cached_property
    def features(self) -> csr_array:
        """The features as the network sees them, float32 (nodes, columns)."""
        if "features" in self.inputs:
            return csr_array(self.inputs["features"][0].numpy())
        cells, values = (self.inputs[name][0].numpy() for name in ("cells", "values"))
        return csr_array(
            coo_array((values, (cells[:, 0], cells[:, 1])), self.graph.features.shape)
        )

    def rows(self, split: str) -> np.ndarray:
        """Return the rows of the nodes of a split, int64 (examples,)."""
        return self._rows_of(self.examples[split])

    @cached_property
    def _row_by_name(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.graph.nodes)}

    def _rows_of(self, examples: Sequence[Example]) -> np.ndarray:
        index = self._row_by_name
        return np.array([index[example.name] for example in examples], np.int64)


def network_inputs(graph: Graph, preprocessor: GraphPreprocessor) -> dict[str, Any]:
    """Return what `GraphPreprocessor` makes of one graph, without dense features.

    Args:
        graph: any, with the features of training.
        preprocessor: of the network.
    """
    with tf.device("CPU"):
        edges = normalized_edges(
            tf.constant(graph.edges[np.newaxis]),
            tf.constant(graph.weights[np.newaxis]),
            len(graph.nodes),
        )
        if not preprocessor.sparse:
            dense = tf.constant(graph.features.toarray()[np.newaxis])
            return {"features": preprocessor.scaled(dense), **edges}
        listed = coo_array(graph.features)
        order = np.lexsort((listed.col, listed.row))
        places = np.stack([np.zeros(listed.nnz, np.int64), listed.row, listed.col], 1)
        shape = tf.constant([1, *graph.features.shape], tf.int32)
        values = tf.constant(listed.data[order])
        return {
            **preprocessor.listed(tf.constant(places[order]), values, shape),
            **edges,
        }


def input_specs(preprocessor: GraphPreprocessor) -> dict[str, InputSpec]:
    """Return the form of each input of a network."""
    columns = len(preprocessor.columns)
    structure = {
        "edges": InputSpec((None, 2), "int32"),
        "weights": InputSpec((None,)),
        "loops": InputSpec((None,)),
    }
    if not preprocessor.sparse:
        return {"features": InputSpec((None, columns)), **structure}
    cells = InputSpec((None, 2), "int32", columns)
    return {"cells": cells, "values": InputSpec((None,)), **structure}


def raw_graph(graph: Graph, rows: np.ndarray | None = None) -> dict[str, Any]:
    """Return a graph, or the part of it between some nodes, as a client sends it.

    Args:
        graph: any.
        rows: of the nodes, without repetition; None for all.
    """
    if rows is None:
        rows = np.arange(len(graph.nodes))
    place = np.full(len(graph.nodes), -1, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    ends = place[graph.edges]
    inside = (ends >= 0).all(axis=1)
    return {
        "nodes": np.array([graph.nodes[row] for row in rows], object),
        "features": graph.features[rows].toarray(),
        "edges": ends[inside],
        "weights": graph.weights[inside],
    }


def neighbourhood(graph: Graph, row: int) -> dict[str, Any]:
    """Return a node and up to 99 within two edges of it, as a client sends them."""
    reached = np.array([row])
    for _ in range(HOPS):
        inside = np.isin(graph.edges, reached).any(axis=1)
        further = np.setdiff1d(graph.edges[inside], reached)
        reached = np.concatenate([reached, further])[:NEIGHBOURHOOD]
    return raw_graph(graph, reached)


def content_hash(graph: Graph, row: int) -> str:
    """Return a hash of a node's name and features."""
    features = graph.features
    part = slice(features.indptr[row], features.indptr[row + 1])
    digest = hashlib.blake2b(graph.nodes[row].encode(), digest_size=8)
    digest.update(features.indices[part].astype(np.int64).tobytes())
    digest.update(features.data[part].tobytes())
    return digest.hexdigest()

"""A graph to a dataset that a network learns from."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.place import expand_path
from tfapp.data.spec import SPLITS, DataInfo, Example
from tfapp.data.split import fingerprint, keep_record, limit_per_stratum, make_split
from tfapp.domains.graphs.dataset import GraphDataset, content_hash, input_specs
from tfapp.domains.graphs.preprocessor import (
    GraphPreprocessor,
    make_preprocessor,
    read_preprocessor,
)
from tfapp.domains.graphs.reading.find import read_graph
from tfapp.domains.graphs.reading.spec import Graph

LEAST_CLASSES = 2


def graph(
    context: LoadContext,
    *,
    split: Literal["own", "random"] = "own",
    scaling: Literal["auto", "rows", "standard", "none"] = "auto",
) -> GraphDataset:
    """Nodes with features and edges between them; the nodes are the examples.

    Args:
        context: recipe, seed, split file.
        split: "own" for that of the files where they have one; "random" for one by the
            shares of `[data.split]` in any case.
        scaling: of the features: "rows" divides those of a node by their sum,
            "standard" makes each column's mean 0 and deviation 1, "auto" takes rows
            for counts that are mostly 0.

    Raises:
        DataError: if the files cannot be used, or the graph has less than two classes.
    """
    whole = read_graph(Path(expand_path(context.config.path)))
    if context.preprocess:
        return _test_only(whole, context)
    return dataset_of(whole, context, split, scaling)


def dataset_of(
    whole: Graph,
    context: LoadContext,
    split: Literal["own", "random"] = "own",
    scaling: Literal["auto", "rows", "standard", "none"] = "auto",
) -> GraphDataset:
    """Return a graph that was read as a dataset; see `graph`."""
    require_classes(whole)
    preprocessor = make_preprocessor(whole, scaling)
    divided = make_split(examples_of(whole, split == "own"), context.config.split)
    used = limit_per_stratum(divided, context.config.limit, context.seed)
    dataset = _dataset(whole, used, whole.classes, preprocessor)
    if context.split_file is not None:
        train = dataset.examples["train"]
        record = {
            "source": whole.name,
            "fingerprint": dataset.info.fingerprint,
            "nodes": {name: len(part) for name, part in dataset.examples.items()},
            "trained": [example.content_hash for example in train],
        }
        keep_record(context.split_file, record)
    return dataset


def examples_of(graph: Graph, own_split: bool) -> list[Example]:
    """Return the nodes to learn from or to test on.

    Those are the nodes with a label; where the files divide them, those in a split.

    Args:
        graph: any.
        own_split: whether the split of the files counts.
    """
    splits = graph.splits if own_split and any(graph.splits) else ()
    return [
        Example(
            graph.nodes[row],
            splits[row] if splits else "",
            label,
            content_hash=content_hash(graph, row),
            target=label,
        )
        for row, label in enumerate(graph.labels)
        if label and (not splits or splits[row])
    ]


def require_classes(graph: Graph) -> None:
    """Refuse a graph without two classes.

    Raises:
        DataError: naming what there is.
    """
    if len(graph.classes) < LEAST_CLASSES:
        raise DataError(
            f"{graph.name}: its nodes have the classes {list(graph.classes)}. Expected "
            "at least two in a column called label; nodes without one stay empty."
        )


def _dataset(
    graph: Graph,
    examples: tuple[Example, ...],
    labels: tuple[str, ...],
    preprocessor: GraphPreprocessor,
) -> GraphDataset:
    by_split = {s: tuple(e for e in examples if e.split == s) for s in SPLITS}
    info = DataInfo(
        input_specs(preprocessor),
        (None,),
        len(labels),
        labels,
        fingerprint(examples),
    )
    return GraphDataset(info, by_split, preprocessor, graph, _notes(graph, examples))


def _test_only(graph: Graph, context: LoadContext) -> GraphDataset:
    """Return the nodes of a graph, scaled as in training, as test examples.

    Raises:
        DataError: if it lacks features of training, or has other classes.
    """
    preprocessor = read_preprocessor(context.preprocess)
    graph = with_columns(graph, preprocessor.columns)
    if unknown := sorted(set(graph.classes) - set(context.labels)):
        raise DataError(
            f"{graph.name} has the classes {unknown}. Expected those of training, "
            f"{list(context.labels)}."
        )
    examples = examples_of(graph, own_split=True)
    held = [e for e in examples if e.split == "test"]
    test = held or [replace(e, split="test") for e in examples]
    return _dataset(graph, tuple(test), context.labels, preprocessor)


def with_columns(graph: Graph, columns: tuple[str, ...]) -> Graph:
    """Return a graph with the features of training, in their order.

    Raises:
        DataError: naming those that it lacks.
    """
    if graph.columns == columns:
        return graph
    place = {name: number for number, name in enumerate(graph.columns)}
    if missing := [name for name in columns if name not in place]:
        raise DataError(
            f"{graph.name} has {len(graph.columns)} features. Expected the "
            f"{len(columns)} of training; {missing[:5]} are missing."
        )
    chosen = graph.features[:, np.array([place[name] for name in columns])]
    return replace(graph, features=chosen.tocsr(), columns=columns)


def _notes(graph: Graph, examples: tuple[Example, ...]) -> tuple[str, ...]:
    """Return what the user should know before training begins."""
    count, pairs = len(graph.nodes), len(graph.pairs())
    notes = [f"{count:,} nodes, {pairs:,} edges, {len(graph.columns):,} features"]
    if without := count - len(examples):
        notes.append(f"{without:,} nodes are neither learned from nor tested")
    careful = [p for p in graph.problems if p.severity != "note"]
    notes += [f"{p.kind}: {p.path}: {p.detail}" for p in careful[:3]]
    if len(careful) > 3:
        notes.append(f"and {len(careful) - 3} more findings; `tfapp check` lists them")
    return tuple(notes)

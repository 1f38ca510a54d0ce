"""What an exported classifier of nodes takes and answers."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfapp.base.csv_cells import safe_cell
from tfapp.domains.graphs.dataset import raw_graph
from tfapp.domains.graphs.load import with_columns
from tfapp.domains.graphs.preprocessor import GraphPreprocessor, read_preprocessor
from tfapp.domains.graphs.reading.find import read_graph
from tfapp.domains.graphs.reading.names import NODES
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature
from tfapp.problems.classification.interface import classes_of


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the one signature of a classifier of nodes.

    Args:
        exported: its preprocessor scales features and edges.

    Returns:
        "serving_default": whole graphs, see `GraphPreprocessor.raw`, to "node" (batch,
        nodes) their names as sent, "label" and "score" (batch, nodes), "probabilities"
        (batch, nodes, classes) and "classes" (batch, classes), their names in order.
    """
    of_inputs = classes_of(exported)

    def classify(**raw: Any) -> dict[str, Any]:
        return {"node": raw["nodes"], **of_inputs(exported.preprocessor(raw))}

    return {DEFAULT: Signature(classify, exported.preprocessor.raw)}


def prediction(answer: Arrays) -> Prediction:
    """Return the classes of a graph's nodes: how many of each, and a CSV file.

    Args:
        answer: to one graph, see `signatures`.
    """
    classes = [_text(name) for name in answer["classes"]]
    labels = [_text(label) for label in answer["label"]]
    counted = Counter(labels)
    counts = {name: float(counted[name]) for name in classes}
    most = ", ".join(f"{name} {number}" for name, number in counted.most_common(3))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["id", "label", "probability", *map(safe_cell, classes)])
    parts = answer["node"], labels, answer["score"], answer["probabilities"]
    for node, label, score, shares in zip(*parts, strict=True):
        cells = [safe_cell(_text(node)), safe_cell(label), f"{score:.6f}"]
        writer.writerow([*cells, *(f"{share:.6f}" for share in shares)])
    return Prediction(
        f"{len(labels):,} nodes: {most}",
        {"nodes": len(labels), "counts": counts},
        {"nodes.csv": stream.getvalue().encode()},
    )


def read(path: Path, preprocessor: GraphPreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield the raw inputs of the graph that a file belongs to.

    Args:
        path: nodes.csv with edges.csv next to it, or ind.NAME.graph.
        preprocessor: of the model.

    Raises:
        DataError: if the graph cannot be read, or lacks features of training.
    """
    yield raw_graph(with_columns(read_graph(path), preprocessor.columns))


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={"label": "text"},
    read=read,
    suffixes=(NODES, ".graph"),
    batch_sizes=(1,),
)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

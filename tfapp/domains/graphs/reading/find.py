"""A graph from wherever its files are."""

from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.domains.graphs.reading.names import EDGES, NODES, planetoid_files
from tfapp.domains.graphs.reading.planetoid import read_planetoid
from tfapp.domains.graphs.reading.spec import Graph
from tfapp.domains.graphs.reading.table import read_tables


def read_graph(path: Path) -> Graph:
    """Read a graph, whichever form it has.

    Args:
        path: folder of nodes.csv and edges.csv, one of the two, an ind.NAME.graph, or
            a folder with the files of one such graph.

    Raises:
        DataError: if there is none or several, or it cannot be used.
    """
    if path.name.lower() in (NODES, EDGES):
        path = path.parent
    graphs = planetoid_files(path)
    if len(graphs) > 1 and not (path / NODES).is_file():
        names = [graph.name for graph in graphs]
        raise DataError(
            f"{path} holds {len(graphs)} graphs: {names}. Name one of these files."
        )
    if graphs and not (path / NODES).is_file():
        return read_planetoid(graphs[0])
    for name in (NODES, EDGES):
        if not (path / name).is_file():
            raise DataError(
                f"{path} holds no {name}. Expected {NODES} (id, label, numbers) and "
                f"{EDGES} (source, target[, weight]), or an ind.NAME.graph."
            )
    return read_tables(path / NODES, path / EDGES)

"""Names of the files of a graph; imports nothing heavy, since `detect` reads it."""

from pathlib import Path

NODES, EDGES = "nodes.csv", "edges.csv"


def is_graph(path: Path) -> str:
    """Return why a place holds a graph, in a few words; "" if it does not."""
    folder = path.parent if path.name.lower() in (NODES, EDGES) else path
    if (folder / NODES).is_file() and (folder / EDGES).is_file():
        return f"it holds {NODES} and {EDGES}"
    if planetoid_files(path):
        return "it holds files of the Planetoid data (ind.NAME.graph)"
    return ""


def planetoid_files(path: Path) -> list[Path]:
    """Return the files ind.NAME.graph that a file or a folder is."""
    if path.is_file():
        fits = path.name.startswith("ind.") and path.suffix == ".graph"
        return [path] if fits else []
    return sorted(path.glob("ind.*.graph")) if path.is_dir() else []

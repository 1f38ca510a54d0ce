"""Whether data is a graph, by the names of its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.data.detection import Detected
from tfapp.domains.graphs.reading.names import is_graph


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return that a place holds a graph, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`; they do not matter here.
    """
    why = is_graph(Path(place)) if place else ""
    return Detected("graph", "node_classification", why) if why else None

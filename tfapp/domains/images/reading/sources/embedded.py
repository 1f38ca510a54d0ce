"""Photographs that come with tfapp."""

from pathlib import Path

from tfapp.base.errors import UnknownNameError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.domains.images.reading.sources.folder import folder

FOLDER = Path(__file__).parents[2] / "embedded"


def embedded(place: str, context: LoadContext) -> Source:
    """Photographs that come with tfapp: embedded:blood_cells.

    Raises:
        UnknownNameError: if no photographs of that name come with tfapp.
    """
    name = place.partition(":")[2]
    names = [path.name for path in FOLDER.iterdir() if path.is_dir()]
    if name not in names:
        raise UnknownNameError("embedded data", name, names)
    return folder(str(FOLDER / name), context)

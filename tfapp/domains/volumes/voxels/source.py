"""From a place to grids with class names, before anything is left out."""

from pathlib import Path

from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.domains.volumes.folders import Form, class_folders, files_of
from tfapp.domains.volumes.voxels.names import SHAPES, SUFFIXES
from tfapp.domains.volumes.voxels.shapes import shapes

GRIDS = Form(
    "grids",
    "one folder of .npy or .npz grids per class, e.g. cup/ and chair/, or train/ and "
    "test/ with these",
    files_of(SUFFIXES),
)


def open_source(context: LoadContext) -> Source:
    """Return the grids of `data.path`: class folders, or the built-in shapes.

    Raises:
        ConfigError: if an option of the built-in shapes is out of range.
        DataError: if there are no two classes of grids.
    """
    place = expand_path(context.config.path)
    if place == SHAPES:
        return shapes(context.config.options)
    return class_folders(Path(place), GRIDS, context)

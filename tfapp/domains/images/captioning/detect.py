"""Whether photos with captions lie at a place, or a name stands for generated ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.detection import Detected
from tfapp.data.place import both_meant
from tfapp.domains.images.captioning.table import caption_column, table_at

TASK = "image_captioning"
SCENES = "scenes"
"""The name of the generated pictures, which is their place."""


def detect_captions(
    place: str, options: Mapping[str, Any], is_table: bool
) -> Detected | None:
    """Return that photos with captions lie at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
        is_table: whether it is a table of images, by its first lines.

    Raises:
        DataError: if the name of the generated pictures is that of a folder too.
    """
    if place == SCENES:
        if Path(place).is_dir():
            raise DataError(both_meant(place))
        return Detected(SCENES, TASK, f"{SCENES} is a source of pictures with captions")
    table = table_at(Path(place)) if is_table or Path(place).is_dir() else None
    column = table and caption_column(table, options)
    return Detected("image_captions", TASK, column.why) if column else None

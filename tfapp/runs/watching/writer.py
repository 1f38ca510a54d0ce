"""What training shows, into TensorBoard's files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.recipes.config import RuntimeConfig
from tfapp.report.blocks import Details, Gallery, Table
from tfapp.runs.watching import summaries
from tfapp.runs.watching.events import EventFile
from tfapp.runs.watching.projector import write_points
from tfapp.runs.watching.sheets import gallery_sheet, markdown, size_of
from tfapp.tasks.watching import Curve, Item, Points
from tfapp.training.watching.writer import Watching

DOTS_PER_INCH = 100


def watching(runtime: RuntimeConfig) -> Watching | None:
    """Return how the trainings of a recipe are watched, None for not at all."""
    if runtime.watch == "off":
        return None
    return Watching(
        TensorBoardWriter, runtime.watch, runtime.histograms, tuple(runtime.profile)
    )


class TensorBoardWriter:
    """Writes the events of one folder; see `training.watching.writer.Writer`.

    Args:
        folder: one of TensorBoard's runs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = EventFile(folder)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write numbers by name."""
        each = [summaries.scalar(tag, value) for tag, value in values.items()]
        self.events.write(step, summaries.joined(each))

    def item(self, step: int, name: str, item: Item) -> None:
        """Write what a view shows."""
        if isinstance(item, Points):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_points(self.folder, name, item)
        self.events.write(step, _summary(name, item))

    def histogram(self, step: int, name: str, values: np.ndarray) -> None:
        """Write how an array's values are distributed."""
        self.events.write(step, summaries.histogram(name, values))

    def flush(self) -> int:
        """Hand everything to the disk, and return its size."""
        return self.events.flush()

    def cut(self, size: int) -> None:
        """Forget what was written after a flush that returned this size."""
        self.events.cut(size)

    def thin(self, wanted: Callable[[int], bool]) -> None:
        """Forget the records of steps that are not wanted."""
        self.events.thin(wanted)

    def close(self) -> None:
        """Write everything and release the file."""
        self.events.close()


def _summary(name: str, item: Any) -> Any:
    if isinstance(item, Points):
        count, dims = item.vectors.shape
        said = f"{count} examples as vectors of {dims} numbers: see PROJECTOR."
        return summaries.text(name, said)
    if isinstance(item, Curve):
        return summaries.curve(name, item.right, item.scores)
    if isinstance(item, Table | Details):
        return summaries.text(name, markdown(item))
    if isinstance(item, Gallery):
        sheet = gallery_sheet(item)
        return summaries.picture(name, sheet.encoded, sheet.size, item.title)
    from tfapp.report.style import to_png

    encoded = to_png(item, DOTS_PER_INCH)
    return summaries.picture(name, encoded, size_of(encoded), "")

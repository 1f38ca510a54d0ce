"""What writes down what is seen, in whatever format."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from tfapp.tasks.watching import Item
from tfapp.training.watching.allowance import SHARE


class Writer(Protocol):
    """Writes one series of records, each at a step that is not before the last."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write numbers by name."""

    def item(self, step: int, name: str, item: Item) -> None:
        """Write what a view shows."""

    def histogram(self, step: int, name: str, values: Any) -> None:
        """Write how an array's values are distributed."""

    def flush(self) -> int:
        """Hand everything to the disk, and return the size of it in bytes."""

    def cut(self, size: int) -> None:
        """Forget what was written after a flush that returned this size."""

    def thin(self, wanted: Callable[[int], bool]) -> None:
        """Forget the records of steps that are not wanted."""

    def close(self) -> None:
        """Write everything and release the file."""


@dataclass(frozen=True)
class Watching:
    """How trainings are watched.

    Args:
        open_writer: returns what writes in a folder.
        level: "figures", or "all" for pictures and examples too.
        histograms: whether the distributions of weights are written.
        profile: first and last step of each phase that is profiled; () for none.
        share: of the training time that watching may take.
    """

    open_writer: Callable[[Path], Writer]
    level: Literal["figures", "all"] = "all"
    histograms: bool = False
    profile: tuple[int, ...] = ()
    share: float = SHARE

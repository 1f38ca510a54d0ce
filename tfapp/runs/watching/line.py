"""The line of one run in TensorBoard's table HPARAMS."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tfapp.machine.cluster import team
from tfapp.runs import Run
from tfapp.runs.watching.hparams import settings_of, write_begin, write_end

if TYPE_CHECKING:
    from tfapp.tasks.results import Results


class Line:
    """Writes the settings when a run begins to train, and how it ended.

    Args:
        run: of which.
        wanted: whether anything is written.
    """

    def __init__(self, run: Run, wanted: bool) -> None:
        self.run = run
        self.wanted = wanted and team().is_chief
        self.begun = False

    @property
    def logs(self) -> Path:
        """Folder of the run's events."""
        return self.run.folder / "logs"

    def begin(self) -> None:
        """Write the settings, by the recipe as it was resolved."""
        if self.wanted:
            name = f"{self.run.name}/{self.run.number}"
            write_begin(self.logs, settings_of(self.run.recipe()), name)
            self.begun = True

    def succeed(self, results: "Results") -> None:
        """Write that the run came to its end, and its main figure."""
        if self.begun:
            key = results.metric.key
            value = results.figures.get(key)
            write_end(self.logs, True, {} if value is None else {f"test/{key}": value})

    @contextmanager
    def ended(self) -> Iterator[None]:
        """Write that the run failed if an error leaves the block."""
        try:
            yield
        except BaseException:
            if self.begun:
                with suppress(OSError):  # a full disk: the error itself matters more
                    write_end(self.logs, False, {})
            raise

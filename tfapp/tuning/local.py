"""A search on this machine: its oracle, its trials, its disk, its page."""

import time
from dataclasses import dataclass, field
from typing import Any

from tfapp.base.reporter import Reporter, Stage
from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.oracles.making import make_oracle
from tfapp.tuning.outcome import write_best, write_board, write_page
from tfapp.tuning.page.wording import trial_line
from tfapp.tuning.records import FAILED, History, TrialRecord, history_of
from tfapp.tuning.search import GIGABYTE, Search, rounds_of
from tfapp.tuning.space import Space

PAGE_SECONDS = 60.0
"""Between two writings of the page while a search goes on."""


def search_here(
    folder: SearchFolder,
    space: Space,
    config: TuningConfig,
    workers: int,
    end: float,
    reporter: Reporter,
) -> History:
    """Begin a search, or go on with it, until its trials or its time are used up.

    Args:
        folder: of the search, locked.
        space: what may change.
        config: tuner, limits, objective.
        workers: trials at a time.
        end: monotonic seconds at which this call ends.
        reporter: receives a line for every trial.

    Returns:
        All trials, those of earlier calls too.

    Raises:
        TfappError: if the recipe itself does not run.
    """
    oracle = open_oracle(folder, space, config, workers_live=False)
    names = tuple(f"worker-{number}" for number in range(workers))
    with reporter.stage("trials", unit="trials") as stage:
        keeper = Keeper(folder, space, config, oracle, stage)
        keeper.begin()
        search = Search(folder, space, config, oracle, names, end, keeper.note)
        try:
            search.run()
        finally:
            keeper.write()
    return keeper.history()


def open_oracle(
    folder: SearchFolder, space: Space, config: TuningConfig, *, workers_live: bool
) -> Any:
    """Return the oracle of a search, with what it remembers of earlier processes."""
    oracle = make_oracle(space, config, rounds_of(space.recipe), folder.write_state)
    state = folder.read_state()
    if state is not None:
        oracle.restore(state, workers_live=workers_live)
    return oracle


@dataclass
class Keeper:
    """Notes how trials end: a line, the disk, and at the end the page.

    Args:
        folder: of the search.
        space: what may change.
        config: how much stays on the disk.
        oracle: knows all trials.
        stage: shows the progress.
    """

    folder: SearchFolder
    space: Space
    config: TuningConfig
    oracle: Any
    stage: Stage
    written: float = field(default_factory=time.monotonic, init=False)

    def begin(self) -> None:
        """Show what earlier processes have done."""
        history = self.history()
        if history.ended:
            self.stage.reporter.say(
                f"{len(history.ended)} trials of {self.folder.folder} are there; the "
                "search goes on"
            )

    def history(self) -> History:
        """Return all trials so far."""
        oracle = self.oracle
        return history_of(
            list(oracle.trials.values()), oracle.end_order, self.space.dimensions
        )

    def note(self, record: TrialRecord) -> None:
        """Print a line on a trial that has ended, and make room."""
        history = self.history()
        self.stage.reporter.say(trial_line(record, history))
        best = history.best
        failed = history.count(FAILED)
        parts = [f"best {best.value:.6g}" if best and best.value is not None else ""]
        parts += [f"{failed} failed" if failed else ""]
        self.stage.detail = ", ".join(filter(None, parts))
        self.stage(len(history.ended), self.config.trials)
        self.make_room(history)
        if time.monotonic() - self.written > PAGE_SECONDS:
            self.write()

    def make_room(self, history: History) -> None:
        """Reduce all but the best trials to their figures, and keep to the cap."""
        needed = self.oracle.needed()
        ranking = [trial.number for trial in history.ranking]
        dispensable = [n for n in reversed(history.ended) if n not in needed]
        for number in dispensable:
            if number not in ranking[: self.config.keep]:
                self.folder.reduce(number)
        cap = GIGABYTE * self.config.disk_gb
        worst_first = [n for n in reversed(ranking[1:]) if n in dispensable]
        failed = [n for n in dispensable if n not in ranking]
        for action in (self.folder.reduce, self.folder.forget):
            for number in [*failed, *worst_first]:
                if not cap or self.folder.size() <= cap:
                    return
                action(number)

    def write(self) -> None:
        """Write the page, the best recipe and the table for TensorBoard."""
        history = self.history()
        write_best(self.folder, self.space, history)
        write_board(self.folder, self.space, history)
        write_page(self.folder, self.space, history, self.config.tuner)
        self.written = time.monotonic()

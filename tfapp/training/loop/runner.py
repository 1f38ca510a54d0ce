"""One workload run to its end: its rounds, its best weights, its saved states."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tfapp.base.errors import TrainingError
from tfapp.base.reporter import Stage
from tfapp.machine.cluster import team
from tfapp.training.loop.best import BestWeights
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.history import Paused, PhaseHistory, Watch, main_figures
from tfapp.training.loop.live import diverged, live_facts
from tfapp.training.loop.phase_files import PhaseFiles
from tfapp.training.loop.state import (
    Progress,
    State,
    load_state,
    require_same_split,
    save_state,
)
from tfapp.training.loop.workload import InputError, NotFiniteError, Workload
from tfapp.training.watching.watcher import Watcher

SAVING_SHARE = 0.05
"""Largest part of the time that saving states may take."""


@dataclass
class Runner:
    """Runs a workload from wherever a state left it.

    Args:
        workload: what is run.
        phase: its name, for errors.
        files: where things are kept.
        deadline: of the phase.
        patience: rounds without progress before the end; 0 = never.
        state_seconds: between two states; 0 = after every call of `advance`.
        stage: shows progress.
        progress: how far the phase is; its fingerprint is that of the data.
        note: receives a line that a person should see.
        watch: see `Watch`.
        watcher: writes down what is seen; None for nothing.
    """

    workload: Workload
    phase: str
    files: PhaseFiles
    deadline: Deadline
    patience: int
    state_seconds: float
    stage: Stage
    progress: Progress = field(default_factory=Progress)
    note: Callable[[str], None] = print
    watch: Watch = lambda history: False
    watcher: Watcher | None = None

    def run(self, start: float | None) -> PhaseHistory:
        """Run to the end; the workload ends with its best weights.

        Args:
            start: the monitored figure before the first unit, so that a phase never
                leaves a model worse than it was before; None if unknown.

        Raises:
            Paused: if `watch` says so before the last round.
        """
        self._mark = self._saved = time.monotonic()
        self._saving_cost = 0.0
        self.stage.allowed = self.deadline.own_seconds_left
        self.stage.live = lambda: live_facts(self.workload, self.progress)
        self.best = BestWeights(self.workload.weights(), self.workload.better)
        self._restore(start)
        # The budget is what is left from here; the phase has had time before.
        self._allowed = self.deadline.seconds_left() + self.progress.seconds
        self.workload.begin(self._budget_share)
        if self.progress.rows and not self._is_over and self.watch(self._history()):
            raise Paused  # as when this state was saved
        try:
            while not self._is_over:
                self._advance()
        finally:
            if self.watcher:
                self.watcher.close()
        self._keep_best()
        return self._history()

    def _budget_share(self) -> float:
        """Return the share of the budget that is spent, by the chief's clock."""
        if math.isinf(self._allowed):
            return 0.0
        return team().agree(self.progress.seconds / self._allowed)

    def _restore(self, start: float | None) -> None:
        workload = self.workload
        state = self._last_state()
        if state is not None:
            self.progress, self.best.values = state.progress, list(state.best)
            workload.done = state.progress.done
            workload.restore(state.extra)
            number = len(self.progress.rows) + 1
            self.stage.detail = f"resumed in {workload.round_name} {number}"
        elif start is not None:
            self.progress.best = start
            self.best.keep()
        if self.watcher:
            self.watcher.begin(state.extra.get("watcher", {}) if state else {})

    def _last_state(self) -> State | None:
        """Give the variables the last sound state, and return the rest of it.

        Raises:
            TrainingError: if it was learned from another split.
        """
        for path in filter(Path.exists, self.files.states):
            state = load_state(path, self.workload.variables())
            if state is not None:
                learned_from = state.progress.fingerprint
                require_same_split(path, learned_from, self.progress.fingerprint)
                return state
            self.note(f"{path} is damaged; the state before it is used.")
        return None

    @property
    def _is_over(self) -> bool:
        workload = self.workload
        return workload.done >= workload.total or bool(self.progress.stopped_by)

    def _advance(self) -> None:
        """Do some units; finish the round if they end it, or if the time is up."""
        workload = self.workload
        rounds = workload.done // workload.round_units
        try:
            figures = workload.advance()
        except InputError as error:  # a file that vanished; what was learned is kept
            self._save()
            raise (error.__cause__ or error) from None
        except NotFiniteError as error:
            raise self._diverged(error) from None
        self._tick()
        self.stage(workload.done, workload.total)
        if self.watcher:
            rate = figures.get("learning_rate")
            self.watcher.unit(rate, self.progress.seconds)
        if workload.done < workload.total and self.deadline.seconds_left() <= 0:
            self.progress.stopped_by = "deadline"
        if self._is_over or workload.done // workload.round_units > rounds:
            self._finish_round({k: float(v) for k, v in figures.items()})
            if self.watch(self._history()) and not self._is_over:
                self._save()
                raise Paused
        self._save_if_due()

    def _finish_round(self, row: dict[str, float]) -> None:
        """Score the weights, keep them if they are the best, and write it down."""
        workload, rows = self.workload, self.progress.rows
        with workload.averaged():
            began = time.monotonic()
            row |= {k: float(v) for k, v in (workload.score() or {}).items()}
            scored = time.monotonic() - began
            row = team().agree(row)  # so that all judge alike
            self._judge(row.get(workload.monitor))
            self._tick()
            rows.append(row)
            if self.watcher:
                seconds, final = self.progress.seconds, self._is_over
                self.watcher.round(len(rows), row, seconds, scored, final)
        self._tick()
        name = f"{workload.round_name} {len(rows)}"
        self.stage.detail = f"{name}: {main_figures(row)}"
        self.stage.round(name, row)

    def _judge(self, value: float | None) -> None:
        """Compare a round with the best one; stop if there is no progress."""
        progress = self.progress
        number = len(progress.rows) + 1
        if self.best.improves(value, progress.best):
            progress.best, progress.best_round = value, number
            self.best.keep()
        elif self.patience and number - progress.best_round >= self.patience:
            progress.stopped_by = progress.stopped_by or "patience"

    def _keep_best(self) -> None:
        self.best.restore()
        digest = team().size > 1 and self.best.digest()
        team().compare({f"digest of the weights after phase {self.phase!r}": digest})
        self.workload.save(self.files.weights)

    def _diverged(self, error: NotFiniteError) -> TrainingError:
        best = self.files.weights if self.best.values else None
        if best:
            self._keep_best()
        return diverged(error, self.phase, best)

    def _save_if_due(self) -> None:
        """Save a state now and then; training keeps most of the time."""
        wait = max(self.state_seconds, self._saving_cost / SAVING_SHARE)
        due = not self.state_seconds or time.monotonic() - self._saved >= wait
        if team().agree(due):
            self._save()

    def _save(self) -> None:
        began, workload = time.monotonic(), self.workload
        variables = workload.variables()
        self.progress.done = workload.done
        extra = workload.extra_state()
        if self.watcher:
            extra["watcher"] = self.watcher.state()
        state = State(self.progress, self.best.values, extra)
        last, before = self.files.states
        with suppress(FileNotFoundError):
            last.replace(before)
        save_state(last, variables, state)
        self._saved = time.monotonic()
        self._saving_cost = self._saved - began

    def _tick(self) -> None:
        now = time.monotonic()
        self.progress.seconds += now - self._mark
        self._mark = now

    def _history(self) -> PhaseHistory:
        progress = self.progress
        return PhaseHistory(
            phase=self.phase,
            epochs=progress.rows,
            best_epoch=progress.best_round,
            best=progress.best,
            seconds=round(progress.seconds, 3),
            trained_weights=self.workload.trained_weights(),
            stopped_by=progress.stopped_by,
            fingerprint=progress.fingerprint,
            monitor=self.workload.monitor,
            better=self.workload.better,
            watching_seconds=round(self.watcher.seconds, 3) if self.watcher else 0.0,
        )

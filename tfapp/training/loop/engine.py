"""The training loop: steps, epochs, and states to resume from."""

import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras

from tfapp.base.errors import TrainingError
from tfapp.base.reporter import Stage
from tfapp.training.loop.best import BestWeights, averaged, changing_variables
from tfapp.training.loop.board import Board
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.schedule import Schedule
from tfapp.training.loop.state import Progress, load_state, save_state
from tfapp.training.loop.stepping import Stepper
from tfapp.training.passes import Passes

EXECUTION_SECONDS = 0.05
"""Steps are bundled into calls of about this length."""
MOST_STEPS_PER_CALL = 32
SAVING_SHARE = 0.05
"""Largest part of the time that saving states may take."""


@dataclass
class Engine:
    """Trains a compiled model for some epochs, from wherever a state left it.

    Args:
        model: compiled and built, its optimizer and metrics too.
        stepper: takes its steps.
        train: passes over the training data.
        validation: what `keras.Model.evaluate` takes, or None.
        schedule: the learning rate.
        epochs: passes to make.
        phase: named in errors.
        monitor: logged figure that decides which epoch is best.
        patience: epochs without progress before stopping; 0 = never.
        best: keeps the best weights.
        board: writes the figures of each epoch.
        deadline: of the phase.
        state_file: where the state is kept.
        state_seconds: between two states; 0 = after every step.
        steps_per_execution: training steps in one call; 0 = by their length.
        stage: shows progress.
    """

    model: keras.Model
    stepper: Stepper
    train: Passes
    validation: Any
    schedule: Schedule
    epochs: int
    phase: str
    monitor: str
    patience: int
    best: BestWeights
    board: Board
    deadline: Deadline
    state_file: Path
    state_seconds: float
    steps_per_execution: int
    stage: Stage
    progress: Progress = field(default_factory=Progress)
    _per_call: int = 1
    _mark: float = 0.0
    _saved: float = 0.0
    _saving_cost: float = 0.0

    def run(self, start: float | None) -> None:
        """Train to the end; the model ends with its best weights.

        Args:
            start: the monitored figure before the first step, so that a phase never
                leaves a model worse than it found it; None if unknown.
        """
        self._mark = self._saved = time.monotonic()
        self._per_call = max(self.steps_per_execution, 1)
        self.stage.allowed = self.deadline.seconds_left
        resumed = load_state(self.state_file, self._variables())
        if resumed is not None:
            self.progress, self.best.values = resumed
            # The budget is what is left from here; the phase has had time before.
            whole = self.schedule.seconds + self.progress.seconds
            self.schedule = replace(self.schedule, seconds=whole)
            self.stage.detail = f"resumed in epoch {self.progress.epoch + 1}"
        elif start is not None:
            self.progress.best = start
            self.best.keep()
        try:
            while not self._over:
                self._train_epoch()
                self._finish_epoch()
        finally:
            self.board.close()
        self.best.restore()

    @property
    def _over(self) -> bool:
        return self.progress.epoch >= self.epochs or bool(self.progress.stopped_by)

    def _train_epoch(self) -> None:
        """Take the steps that are left of the epoch under way."""
        progress = self.progress
        if not progress.step:
            self.model.reset_metrics()
        batches = self._batches()
        logs: dict[str, Any] = {}
        while progress.step < self.train.steps and not progress.stopped_by:
            logs = self._step(batches) or logs
            if self.deadline.seconds_left() <= 0:
                progress.stopped_by = "deadline"
            elif progress.step < self.train.steps:
                self._save_if_due()
        self.stepper.sync()
        progress.rows.append({name: float(value) for name, value in logs.items()})

    def _step(self, batches: Any) -> dict[str, Any]:
        """Take as many steps as go into one call; return the figures so far."""
        progress = self.progress
        asked = time.monotonic()
        taken = self._take(batches)
        begun = time.monotonic()
        done = progress.epoch * self.train.steps + progress.step
        rates = [
            self.schedule.at(done + i, progress.seconds) for i in range(len(taken))
        ]
        logs = self.stepper.step(taken, rates)
        for index, log in enumerate(logs):
            self._require_finite(float(log["loss"]), progress.step + index + 1)
        progress.step += len(taken)
        progress.waiting += begun - asked
        progress.computing += time.monotonic() - begun
        self._tick()
        self._choose_steps_per_call((time.monotonic() - begun) / len(taken))
        self.stage(done + len(taken), self.train.steps * self.epochs)
        return {**logs[-1], "learning_rate": rates[-1]}

    def _take(self, batches: Any) -> list[Any]:
        """Return the batches of the next call; a state is saved if none can be had."""
        # The last batch may be smaller, so it goes alone: one graph for the others.
        left = self.train.steps - self.progress.step
        count = self._per_call if self._per_call < left else 1
        try:
            return [next(batches) for _ in range(count)]
        except Exception:  # a file that vanished, say; what was learned is kept
            self._save()
            raise

    def _batches(self) -> Any:
        return self.stepper.batches(self.train(self.progress.epoch, self.progress.step))

    def _choose_steps_per_call(self, seconds: float) -> None:
        """Bundle short steps, whose calls would cost as much as their work."""
        first = self.progress.step < 3 and not self.progress.epoch  # traces a graph
        if self.steps_per_execution or self._per_call > 1 or first:
            return
        most = min(MOST_STEPS_PER_CALL, self.train.steps // 2)
        self._per_call = max(1, min(most, int(EXECUTION_SECONDS / seconds)))

    def _require_finite(self, loss: float, batch: int) -> None:
        if math.isfinite(loss):
            return
        kept = ""
        if self.best.values:
            self.best.restore()
            kept = f" The weights of the best epoch so far are in {self.best.path}."
        raise TrainingError(
            f"The loss is {loss} in phase {self.phase!r}, epoch "
            f"{self.progress.epoch + 1}, batch {batch}.{kept} Try a smaller learning "
            "rate, training.clip_norm=1, or runtime.precision=float32."
        )

    def _finish_epoch(self) -> None:
        """Validate, keep the weights if they are the best, and write it down."""
        progress = self.progress
        row = progress.rows[-1]
        with averaged(self.model):
            if self.validation is not None:
                found = self.model.evaluate(
                    self.validation, verbose=0, return_dict=True
                )
                row |= {f"val_{name}": float(v) for name, v in found.items()}
            self._judge(row.get(self.monitor))
        self._tick()
        busy = progress.waiting + progress.computing
        row["seconds"] = round(busy, 4)
        row["waiting_share"] = round(progress.waiting / busy, 4) if busy else 0.0
        self.board.write(progress.epoch, row)
        shown = (f"{k} {v:.4f}" for k, v in row.items() if "accuracy" in k)
        self.stage.detail = f"epoch {progress.epoch + 1}: {', '.join(shown)}"
        progress.epoch, progress.step = progress.epoch + 1, 0
        progress.waiting = progress.computing = 0.0
        self._save_if_due()

    def _judge(self, value: float | None) -> None:
        """Compare an epoch with the best one; stop if there is no progress."""
        progress = self.progress
        epoch = progress.epoch + 1
        if self.best.improves(value, progress):
            progress.best, progress.best_epoch = value, epoch
            self.best.keep()
        elif self.patience and epoch - progress.best_epoch >= self.patience:
            progress.stopped_by = progress.stopped_by or "patience"

    def _save_if_due(self) -> None:
        """Save a state now and then, never for long beside the training itself."""
        wait = max(self.state_seconds, self._saving_cost / SAVING_SHARE)
        if not self.state_seconds or time.monotonic() - self._saved >= wait:
            self._save()

    def _save(self) -> None:
        began = time.monotonic()
        self.stepper.sync()
        variables, best = self._variables(), self.best.values
        save_state(self.state_file, variables, best, self.progress)
        self._saved = time.monotonic()
        self._saving_cost = self._saved - began

    def _variables(self) -> list[Any]:
        """Return every variable that training changes, each once."""
        found = [*changing_variables(self.model), *self.model.optimizer.variables]
        return list(
            {id(v): v for v in [*found, *self.model.metrics_variables]}.values()
        )

    def _tick(self) -> None:
        now = time.monotonic()
        self.progress.seconds += now - self._mark
        self._mark = now

"""The loop of a search: settings from the oracle, a process, a score for the oracle.

Whatever dies, the same command goes on: what the oracle remembers is one file, a trial
is a run that can be resumed, and an outcome is a file before the oracle is told.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tfapp import recipes
from tfapp.base.errors import ConfigError, TfappError
from tfapp.machine import processor
from tfapp.recipes.config import Recipe
from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.oracles.dimensions import settings
from tfapp.tuning.oracles.durable import EARLIER, EPOCHS, FACTS, SCORE
from tfapp.tuning.process import Limits, TrialProcess
from tfapp.tuning.records import TrialRecord, facts_of, record_of
from tfapp.tuning.space import Space
from tfapp.tuning.trial import GO, STOP, Job

GIGABYTE = 10**9
IDLE_SECONDS = 0.2
"""Between two questions to an oracle that waits for other trials."""


@dataclass
class Search:
    """Runs trials until the oracle, the clock or the user ends it.

    Args:
        folder: of the search.
        space: what may change.
        config: limits of the trials, and their objective.
        oracle: keras_tuner.Oracle, or what stands for one on another machine.
        workers: names of as many trials as run at a time; an oracle gives a name the
            trial again that it had when its process died.
        end: monotonic seconds at which the search ends; infinity for never.
        on_end: is given the record of each trial when it has ended.
    """

    folder: SearchFolder
    space: Space
    config: TuningConfig
    oracle: Any
    workers: tuple[str, ...]
    end: float = float("inf")
    on_end: Callable[[TrialRecord], None] = lambda record: None
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    _processes: dict[str, TrialProcess] = field(default_factory=dict, init=False)
    _trials: dict[str, str] = field(default_factory=dict, init=False)
    _error: BaseException | None = field(default=None, init=False)
    _lock: Any = field(default_factory=threading.RLock, init=False)

    def run(self) -> None:
        """Run trials to the end.

        Raises:
            TfappError: if the recipe itself, trial 0, does not work.
            KeyboardInterrupt: once all processes have ended; the search can go on.
        """
        threads = [
            threading.Thread(target=self._work, args=(name,), name=f"trial of {name}")
            for name in self.workers
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                threads[0].join(0.1) if threads[0].is_alive() else time.sleep(0.1)
                if time.monotonic() > self.end:
                    self.stop()
        finally:
            self.stop()
            for thread in threads:
                thread.join()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End all processes; their trials go on when the search does."""
        with self._lock:
            self._over.set()
            for process in self._processes.values():
                process.end()

    def running(self) -> list[str]:
        """Return the ids of the trials that run now."""
        with self._lock:
            return list(self._trials.values())

    def _work(self, worker: str) -> None:
        try:
            while not self._over.is_set():
                trial = self.oracle.create_trial(worker)
                if trial.status == "STOPPED":
                    return
                if trial.status == "IDLE":
                    self._over.wait(IDLE_SECONDS)
                    continue
                self._one(worker, trial)
        except BaseException as error:
            self._error = self._error or error
            self.stop()

    def _one(self, worker: str, trial: Any) -> None:
        """Run a trial and tell the oracle how it ended."""
        number = int(trial.trial_id)
        try:
            recipe = self.recipe_of(number, trial.hyperparameters.values)
        except ConfigError as error:  # values that do not go together
            outcome: dict[str, Any] | None = {"failure": str(error), "kind": ""}
        else:
            outcome = self._train(worker, trial, recipe)
        if outcome is None:
            return
        if number == 0 and outcome.get("failure") and outcome["kind"] != "crash":
            self.folder.outcome(0).unlink(missing_ok=True)  # tried again next time
            raise TfappError(f"The recipe itself does not run: {outcome['failure']}")
        # An outcome that an earlier process left has a curve that nobody has reported.
        if "failure" not in outcome:
            self._answers(trial.trial_id, number)(outcome)
        facts = facts_of(outcome)
        trial.status = "FAILED" if "failure" in facts else "COMPLETED"
        trial.hyperparameters.values[FACTS] = _text(facts)
        record = record_of(trial, self.space.dimensions)
        with self._lock:
            self.oracle.end_trial(trial)
            self.on_end(record)

    def recipe_of(self, number: int, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe of a trial; its seed is fixed by its number.

        Args:
            number: of the trial; 0 is the recipe as it is.
            values: of Keras Tuner.

        Raises:
            ConfigError: if the values do not go together.
        """
        chosen = settings(values, self.space.dimensions) if number else {}
        recipe = self.space.apply(chosen, trial_seed(self.space.recipe, number))
        if len(self.workers) > 1 and not recipe.runtime.threads:
            share = max(1, processor.usable_cores() // len(self.workers))
            runtime = recipe.runtime.model_copy(update={"threads": share})
            recipe = recipe.model_copy(update={"runtime": runtime})
        return recipe

    def _train(self, worker: str, trial: Any, recipe: Recipe) -> dict[str, Any] | None:
        number, values = int(trial.trial_id), trial.hyperparameters.values
        if EARLIER in values:
            self.folder.go_on_from(number, int(values[EARLIER]))
        self.folder.share_split(number)
        job = Job(
            recipe=recipes.to_toml(recipe),
            folder=str(self.folder.run(number).folder),
            outcome=str(self.folder.outcome(number)),
            rounds=int(values.get(EPOCHS, 0)) if number else 0,
            objective=self.config.objective,
            better=better(self.config),
            pipe=-1,
        )
        limits = Limits(
            60.0 * self.config.trial_minutes, int(GIGABYTE * self.config.memory_gb)
        )
        process = TrialProcess(job, self.folder.log(number), limits)
        with self._lock:
            self._processes[worker] = process
            self._trials[worker] = trial.trial_id
            if self._over.is_set():
                return None
        return process.run(self._answers(trial.trial_id, number))

    def _answers(self, trial_id: str, number: int) -> Callable[[dict[str, Any]], str]:
        """Return what answers a trial after each of its rounds."""
        reported = 0

        def on_round(score: dict[str, Any]) -> str:
            nonlocal reported
            sign = -1.0 if score["better"] == "higher" else 1.0
            status = "RUNNING"
            for step, value in enumerate(score["curve"], start=1):
                if step > reported and value is not None:
                    metrics = {SCORE: sign * value}
                    with self._lock:
                        answer = self.oracle.update_trial(trial_id, metrics, step)
                    status = answer.status
            reported = len(score["curve"])
            return STOP if number and status == "STOPPED" else GO

        return on_round


def trial_seed(recipe: Recipe, number: int) -> int:
    """Return the seed of a trial."""
    return recipe.seed + number


def better(config: TuningConfig) -> str:
    """Return which values of the objective are better; "" if the task says so."""
    return config.better or ("lower" if config.objective else "")


def rounds_of(recipe: Recipe) -> int:
    """Return the rounds of a recipe's training in all phases together."""
    tune = recipe.fine_tune
    if tune is None:
        return recipe.training.epochs
    head = tune.head.epochs if tune.head.solver == "gradient" else 1
    return head + (tune.thaw.epochs if tune.thaw else 0)


def _text(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts)

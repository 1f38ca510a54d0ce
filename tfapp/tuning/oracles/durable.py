"""Keras Tuner's oracles, made to survive any death of the process around them.

An oracle proposes the values of a trial and learns from its score. Keras Tuner writes
what it remembers in several files that a kill may leave half-written, and it forgets
some of it: the trial that ended last runs again after every start, and the random
state of the Bayesian search begins anew. Here everything is one file that is replaced
as a whole, so a search that was killed proposes what it would have proposed.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.oracles.dimensions import settings
from tfapp.tuning.oracles.median import is_hopeless
from tfapp.tuning.space import Space, encode, nearest

if TYPE_CHECKING:
    from keras_tuner import Oracle
else:  # importing Keras Tuner imports TensorFlow
    Oracle = object

SCORE = "score"
"""What every oracle minimises; figures that should be high are negated."""
FACTS = "tfapp/facts"
"""Value of a trial under which its facts travel through Keras Tuner's protocol."""
EPOCHS, EARLIER = "tuner/epochs", "tuner/trial_id"
"""Values of Hyperband's trials: rounds in all, and the trial they go on from."""
WORST = 1e30
"""Score of a failed trial where Hyperband would wait for it for ever."""


class Durable(Oracle):
    """What an oracle gets so that it can be stopped anywhere and restored."""

    space: Space
    config: TuningConfig
    rounds: int
    write: Callable[[Mapping[str, Any]], None]
    ongoing_trials: dict[str, Any]
    _retry_queue: list[str]

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.curves: dict[str, dict[int, float]] = {}

    def save(self) -> None:
        """Write the state, as a whole."""
        self.write(self.snapshot())

    def _save_trial(self, trial: Any) -> None:
        """Do nothing: `save` writes the trials too."""

    def snapshot(self) -> dict[str, Any]:
        """Return everything that `restore` needs, JSON-ready."""
        return {
            "oracle": self.get_state(),
            "trials": [trial.get_state() for trial in self.trials.values()],
            "curves": self.curves,
        }

    def restore(self, snapshot: Mapping[str, Any], *, workers_live: bool) -> None:
        """Take back what `snapshot` returned, in this process or another.

        Args:
            snapshot: of an oracle of the same space and tuner.
            workers_live: whether trials are still running, on other machines;
                otherwise they are given out again, the first one first.
        """
        snapshot = json.loads(json.dumps(snapshot))  # Keras Tuner changes it
        states = [_trial(state) for state in snapshot["trials"]]
        self.trials = {trial.trial_id: trial for trial in states}
        self.set_state(snapshot["oracle"])
        self.verbose = 0
        self.curves = {
            key: {int(step): value for step, value in curve.items()}
            for key, curve in snapshot["curves"].items()
        }
        # A kill may come between the end of a trial and its leaving the list.
        running = {k: t for k, t in self.ongoing_trials.items() if _runs(t)}
        self.tuner_ids = set(running) if workers_live else set()
        self.ongoing_trials = running if workers_live else {}
        if not workers_live:
            waiting = sorted((t.trial_id for t in running.values()), key=int)
            queue = [i for i in self._retry_queue if i not in waiting]
            self._retry_queue = [*queue, *reversed(waiting)]

    def create_trial(self, tuner_id: str) -> Any:
        """Return the next trial for a worker; see `keras_tuner.Oracle`."""
        if tuner_id in self.ongoing_trials:  # its process was killed
            return self.ongoing_trials[tuner_id]
        with _unlocked_after_errors(self):
            return super().create_trial(tuner_id)

    def give_up(self, tuner_id: str) -> None:
        """Let another worker have the trial of one that does not answer."""
        trial = self.ongoing_trials.pop(tuner_id)
        self.tuner_ids.discard(tuner_id)
        self._retry_queue.append(trial.trial_id)
        self.save()

    def populate_space(self, trial_id: str) -> Any:
        """Return the values of a new trial: first the recipe's own, none twice."""
        if not self.trials:
            return {"status": "RUNNING", "values": self._own_values()}
        response = super().populate_space(trial_id)
        values = response.get("values")
        if values and EARLIER not in values and self._duplicate(values):
            values = self._random_values()
            return {"status": "RUNNING" if values else "STOPPED", "values": values}
        return response

    def _own_values(self) -> dict[str, Any]:
        """Return the point of the space that is nearest to the recipe itself."""
        own = self.space.own_values()
        space = self.hyperparameters.copy()
        space.values = {
            key: encode(value) if dimension.choices else value
            for key, dimension in self.space.dimensions.items()
            for value in [nearest(dimension, own.get(key))]
        }
        active = {h.name for h in space.space if space.is_active(h)}
        values = {k: v for k, v in space.values.items() if k in active}
        if self.config.tuner == "hyperband":
            values |= {EPOCHS: self.rounds, "tuner/initial_epoch": 0}
        return values

    def update_trial(
        self, trial_id: str, metrics: Mapping[str, float], step: int = 0
    ) -> Any:
        """Record a round's score; the trial returned is STOPPED if hopeless."""
        curve = self.curves.setdefault(trial_id, {})
        curve[int(step)] = float(metrics[SCORE])
        answer = _trial(self.trials[trial_id].get_state())
        if self.config.stop_hopeless and is_hopeless(curve, self._finished()):
            answer.status = "STOPPED"
        return answer

    def _finished(self) -> list[Mapping[int, float]]:
        done = [self.trials[i] for i in self.end_order]
        ids = [t.trial_id for t in done if t.score is not None and t.score < WORST]
        return [self.curves.get(trial_id, {}) for trial_id in ids]

    def end_trial(self, trial: Any) -> None:
        """Record how a trial ended, once, however often it is reported.

        A worker that was taken for lost may report a trial that another one has, too.
        """
        if trial.trial_id in self._retry_queue:
            self._retry_queue.remove(trial.trial_id)
        if trial.trial_id in self.end_order:
            return
        facts = trial.hyperparameters.values.pop(FACTS, "{}")
        trial.message = facts
        if trial.status == "FAILED" and self.config.tuner == "hyperband":
            trial.status = "COMPLETED"  # or its bracket never has its last round
        with _unlocked_after_errors(self):
            super().end_trial(trial)
            for worker, other in list(self.ongoing_trials.items()):
                if other.trial_id == trial.trial_id:
                    del self.ongoing_trials[worker]
            self.save()

    def _record_values(self, trial: Any) -> None:
        """Mark a point of the space as tried, but not one that nothing ran at."""
        own = self.space.own_values()
        if int(trial.trial_id) or _same(self._own_values(), own, self.space):
            super()._record_values(trial)

    def score_trial(self, trial: Any) -> None:
        """Take the score from the trial's facts."""
        score = json.loads(trial.message).get(SCORE)
        trial.score = WORST if score is None else score

    def needed(self) -> set[int]:
        """Return the numbers of trials that later ones may go on from."""
        brackets = getattr(self, "_brackets", [])
        rows = (row for b in brackets for line in b["rounds"] for row in line)
        return {int(row["id"]) for row in rows}


@contextmanager
def _unlocked_after_errors(oracle: Any) -> Iterator[None]:
    """Release Keras Tuner's lock where an error, such as a full disk, leaves it."""
    from keras_tuner.src.engine.oracle import LOCKS, THREADS

    try:
        yield
    except BaseException:
        if THREADS[oracle] == threading.current_thread().name:
            THREADS[oracle] = None
            LOCKS[oracle].release()
        raise


def _same(values: Mapping[str, Any], own: Mapping[str, Any], space: Space) -> bool:
    """Say whether a point of the space is what the recipe itself has."""
    chosen = settings(values, space.dimensions)
    return all(key in own and own[key] == value for key, value in chosen.items())


def _trial(state: Mapping[str, Any]) -> Any:
    from keras_tuner.engine.trial import Trial

    return Trial.from_state(state)


def _runs(trial: Any) -> bool:
    return bool(trial.status == "RUNNING")

"""The process of one trial: `python -m tfapp.tuning.trial`, its job on stdin.

It trains a run and reports the score of every round on a pipe; the answer to each says
whether to go on. When stdin ends, because the process of the search has died, this one
ends too: nothing keeps computing for nobody.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tfapp import recipes
from tfapp.base.errors import ConfigError, TfappError, TrainingError
from tfapp.base.files import write_json
from tfapp.base.reporter import Reporter
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.runs.status import STARTING

if TYPE_CHECKING:
    from tfapp.training.loop.history import PhaseHistory
    from tfapp.training.loop.training_loop import TrainingLoop

GO, STOP = "go", "stop"
LOCK_SECONDS = 60.0
"""How long the process of a search that was killed may still hold a run."""


@dataclass(frozen=True)
class Job:
    """What the process of a trial does.

    Args:
        recipe: of the trial, as TOML.
        folder: of its run.
        outcome: file in which to say how it ended.
        rounds: after which to pause; 0 for none.
        objective: figure of a round that is the score; "" for what chooses epochs.
        better: whether "higher" or "lower" values of it are better; "" as above.
        pipe: file descriptor for the scores.
        saved_models: where the run is exported to, which then is evaluated and reported
            too; "" for a trial, which only trains.
    """

    recipe: str
    folder: str
    outcome: str
    rounds: int
    objective: str
    better: str
    pipe: int
    saved_models: str = ""


@dataclass(frozen=True)
class Score:
    """What the rounds of a trial have led to.

    Args:
        value: of the objective in the best round; None if none was better than the
            start.
        curve: the objective in each round, None where it is not a number.
        monitor: name of the objective.
        better: which values of it are better: "higher" or "lower".
    """

    value: float | None
    curve: tuple[float | None, ...]
    monitor: str
    better: str


def score_of(phases: "Sequence[PhaseHistory]", job: Job) -> Score:
    """Return the score of a run by its phases so far.

    Raises:
        ConfigError: if no round has the objective.
    """
    value, curve = None, []
    last = phases[-1]
    monitor, better = job.objective or last.monitor, job.better or last.better
    for phase in phases:
        name = job.objective or phase.monitor
        for row in phase.epochs:
            if name not in row:
                raise ConfigError(_missing(name, row))
            curve.append(row[name] if isfinite(row[name]) else None)
        if phase.best_epoch:
            value = curve[len(curve) - len(phase.epochs) + phase.best_epoch - 1]
    return Score(value, tuple(curve), monitor, better)


def _missing(name: str, row: dict[str, float]) -> str:
    figures = sorted(key for key in row if key.startswith("val_"))
    if not figures:
        return (
            "Trials are judged on validation data, and this recipe has none. Set "
            "data.split.validation above 0."
        )
    return f"No round has the objective {name!r}. Expected one of {figures}."


class Conversation:
    """Reports scores to the search, and takes its answers.

    Args:
        pipe: for the scores, one line of JSON each.
        answers: stdin; its end is the end of the search's process.
    """

    def __init__(self, pipe: TextIO, answers: TextIO) -> None:
        self.pipe = pipe
        self.answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(answers,), daemon=True).start()

    def ask(self, score: Score) -> str:
        """Report a score and return what to do: GO or STOP."""
        self.pipe.write(json.dumps(asdict(score)) + "\n")
        self.pipe.flush()
        return self.answers.get()

    def _listen(self, answers: TextIO) -> None:
        for line in answers:
            self.answers.put(line.strip())
        os.kill(os.getpid(), signal.SIGKILL)  # nobody is there to report to


def run_trial(job: Job, conversation: Conversation) -> dict[str, Any]:
    """Train the run of a trial and return its outcome, JSON-ready."""
    stopped = ""
    began = time.monotonic()

    def watch(loop: "TrainingLoop", history: "PhaseHistory") -> bool:
        nonlocal stopped
        score = score_of([*loop.phases, history], job)
        if score.value is None and score.curve[-1] is None:
            raise TrainingError(
                f"{score.monitor} is not a number in round {len(score.curve)} of "
                f"phase {history.phase!r}."
            )
        if conversation.ask(score) == STOP:
            stopped = "worse than the median"
        paused = bool(job.rounds) and len(score.curve) >= job.rounds
        last[:] = [*loop.phases, history]
        return bool(stopped) or paused

    last: list[PhaseHistory] = []
    run = Run(Path(job.folder))
    loop = _rehearse(job, run, watch)
    phases = loop.phases if len(loop.phases) >= len(last) else last
    score = score_of(phases, job)
    seconds = sum(phase.seconds for phase in phases)
    return {
        **asdict(score),
        "rounds": len(score.curve),
        "seconds": round(max(seconds, time.monotonic() - began), 1),
        "stopped": stopped,
    }


def _rehearse(job: Job, run: Run, watch: Any) -> "TrainingLoop":
    """Begin the run, or go on with it where an earlier process was killed."""
    from tfapp.runs.session import rehearse

    recipe, resumed = _begun(job, run)
    began = time.monotonic() - run.seconds_trained()
    return rehearse(recipe, run, Reporter(), began=began, resumed=resumed, watch=watch)


def run_whole(job: Job) -> dict[str, Any]:
    """Do all of a run, from the data to the report, and return that it is complete."""
    from tfapp.runs.session import execute

    run = Run(Path(job.folder))
    recipe, resumed = _begun(job, run)
    began = time.monotonic() - run.seconds_trained()
    exports = Path(job.saved_models)
    execute(recipe, run, exports, Reporter(), began=began, resumed=resumed)
    return {"complete": True}


def _begun(job: Job, run: Run) -> tuple[Recipe, bool]:
    """Return the recipe of a run, and whether an earlier process has begun it."""
    _wait_for(run)
    if run.recipe_file.is_file() and run.status() not in (STARTING, "unknown"):
        return recipes.load_recipe(str(run.recipe_file)), True
    return recipes.build(tomllib.loads(job.recipe), where="trial"), False


def _wait_for(run: Run) -> None:
    """Wait until an earlier process of the trial, whose search died, is gone."""
    run.folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with run.locked():
                return
        except ConfigError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main() -> None:
    """Do the job on stdin; what ends it is in the outcome, or at the end of the log."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    job = Job(**json.loads(sys.stdin.readline()))
    with os.fdopen(job.pipe, "w", encoding="utf-8") as pipe:
        conversation = Conversation(pipe, sys.stdin)
        try:
            whole = bool(job.saved_models)
            outcome = run_whole(job) if whole else run_trial(job, conversation)
        except TfappError as error:
            outcome = {"failure": str(error), "kind": type(error).__name__}
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        write_json(Path(job.outcome), outcome)
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)  # threads of native code may take seconds to end


if __name__ == "__main__":
    main()

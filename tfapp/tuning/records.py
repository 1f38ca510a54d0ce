"""What is known of every trial, read from what the oracle remembers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tfapp.recipes.tuning import Dimension
from tfapp.tuning.oracles.dimensions import settings
from tfapp.tuning.oracles.durable import EARLIER, FACTS, SCORE

RUNNING, COMPLETE, STOPPED, FAILED = "running", "complete", "stopped", "failed"


@dataclass(frozen=True)
class TrialRecord:
    """One trial.

    Args:
        number: from 0, which is the recipe itself.
        values: dotted key → value that was set; of trial 0 the nearest in the space.
        status: "running", "complete", "stopped" (early) or "failed".
        value: the objective in the best round; None if there is none.
        score: what is minimised: the value, or its negative; None as above.
        monitor: name of the objective.
        better: which values of it are better.
        rounds: trained.
        seconds: spent.
        failure: why it failed, "" if it did not.
        earlier: number of the trial that it went on from, None for none.
    """

    number: int
    values: Mapping[str, Any]
    status: str
    value: float | None = None
    score: float | None = None
    monitor: str = ""
    better: Literal["higher", "lower"] = "lower"
    rounds: int = 0
    seconds: float = 0.0
    failure: str = ""
    earlier: int | None = None


@dataclass(frozen=True)
class History:
    """All trials of a search.

    Args:
        trials: by number.
        ended: numbers in the order in which they ended.
    """

    trials: tuple[TrialRecord, ...]
    ended: tuple[int, ...] = field(default=())

    @property
    def ranking(self) -> list[TrialRecord]:
        """Trials with a score, the best first; of equal ones the earlier."""
        scored = [t for t in self.trials if t.score is not None]
        return sorted(scored, key=lambda t: (t.score or 0.0, t.number))

    @property
    def best(self) -> TrialRecord | None:
        """The trial with the best score, None if there is none yet."""
        return next(iter(self.ranking), None)

    @property
    def own(self) -> TrialRecord | None:
        """The trial of the recipe itself."""
        return self.trials[0] if self.trials else None

    def origin(self, number: int) -> int:
        """Return the number of the first trial of those that go on from another."""
        earlier = self.trials[number].earlier
        return number if earlier is None else self.origin(earlier)

    def count(self, status: str) -> int:
        """Return the number of trials with a status."""
        return sum(trial.status == status for trial in self.trials)


def facts_of(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the oracle keeps of a trial's outcome."""
    if outcome.get("failure"):
        return {"failure": outcome["failure"]}
    value = outcome["value"]
    if value is None:
        return {"failure": f"{outcome['monitor']} was not a number in the best round"}
    keys = ("value", "monitor", "better", "rounds", "seconds", "stopped")
    sign = -1.0 if outcome["better"] == "higher" else 1.0
    return {key: outcome[key] for key in keys} | {SCORE: sign * value}


def history_of(
    trials: Sequence[Any], ended: Sequence[str], dimensions: Mapping[str, Dimension]
) -> History:
    """Return the records of Keras Tuner's trials."""
    records = [record_of(trial, dimensions) for trial in trials]
    records.sort(key=lambda record: record.number)
    return History(tuple(records), tuple(int(trial_id) for trial_id in ended))


def record_of(trial: Any, dimensions: Mapping[str, Dimension]) -> TrialRecord:
    """Return the record of one of Keras Tuner's trials."""
    values = trial.hyperparameters.values
    facts = json.loads(values.get(FACTS) or trial.message or "{}")
    common = {
        "number": int(trial.trial_id),
        "values": settings(values, dimensions),
        "earlier": int(values[EARLIER]) if EARLIER in values else None,
    }
    if trial.status == "RUNNING":
        return TrialRecord(status=RUNNING, **common)
    if "failure" in facts:
        return TrialRecord(status=FAILED, failure=facts["failure"], **common)
    return TrialRecord(
        status=STOPPED if facts.get("stopped") else COMPLETE,
        value=facts["value"],
        score=facts[SCORE],
        monitor=facts["monitor"],
        better=facts["better"],
        rounds=facts["rounds"],
        seconds=facts["seconds"],
        **common,
    )

"""Which of several ways to compute is the fastest that can be trusted."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from tfapp.base.errors import TfappError
from tfapp.base.files import write_json
from tfapp.base.reporter import Reporter
from tfapp.training.speed.precision.trial import Build, FirstSteps, Network, Trial
from tfapp.training.speed.precision.work import (
    Candidate,
    PrecisionChoice,
    Timings,
    Work,
    fastest_of,
    identity,
    is_clear,
    sample_identity,
    sample_size,
)

WORTH_MEASURING = 60.0
"""Seconds of work in float32, below which nothing is measured."""

MEASURING_SHARE, MEASURING_SECONDS, LONG_SHARE = 0.2, 40.0, 0.02
"""How long measuring may take: the first share of the work, and at most as many
seconds, or the second share if that is more."""

ROUNDS = 4
"""Timings of each candidate, of which the shortest counts; two if they are clear."""

STEPS_COST = 3.0
"""Cost of a training step relative to inference: forward, and twice that backward."""

TOO_LITTLE = "too little work for measuring it"
TOO_SHORT = "too short a budget for measuring it"

LEAST_SECONDS = 20.0
"""Two networks are not built, traced and timed in less."""


class Chooser:
    """Measures candidates, checks the one precision below float32, remembers both.

    Args:
        work: what the run computes.
        build: builds its network under the dtype policy that is current.
        options: candidates, the plainest one first; of float32 and at most one other
            precision, or of that one alone.
        folder: holds one file per network and machine.
        reporter: receives the progress of measuring.
    """

    def __init__(
        self,
        work: Work,
        build: Build,
        options: Sequence[Candidate],
        folder: Path,
        reporter: Reporter,
    ) -> None:
        self.work = work
        self.build = build
        self.options = options
        self.plain_jit = options[0].jit_compile
        self.reduced = options[-1].policy  # float32 if there is no other
        self.reporter = reporter
        self.sample = sample_identity(work)
        self.path = folder / f"{identity(work, options)}.json"
        self.record = _read(self.path)
        self.networks: dict[str, Network] = {}
        self.trials: dict[Candidate, Trial] = {}
        self.firsts: dict[str, FirstSteps] = {}

    def choose(self, reason: str) -> PrecisionChoice:
        """Return the fastest candidate whose first steps are like float32's.

        Args:
            reason: given if there is no choice.
        """
        if self._is_remembered():
            return self._measured_choice(reason)
        if len(self.options) > 1 and self.work.measuring_seconds < LEAST_SECONDS:
            return PrecisionChoice(self.options[0].policy, TOO_SHORT, self.plain_jit)
        with self.reporter.stage("choose precision") as stage:
            choice = self._measured_choice(reason)
            stage.detail = f"{choice.policy}: {choice.reason}"
        return choice

    def _is_remembered(self) -> bool:
        """Return whether the choice takes no computing."""
        usable = self._usable()
        choice = usable[0] if len(usable) == 1 else self._remembered_choice()
        if choice is not None:
            return choice.policy == "float32" or self._fault() is not None
        priced = "rough" in self.record or not self.work.kinds
        return priced and self._rough_seconds() < WORTH_MEASURING

    def _measured_choice(self, reason: str) -> PrecisionChoice:
        chosen, reason = self._fastest(reason)
        if chosen.policy != "float32" and self._check():
            chosen = Candidate("float32", self.plain_jit)
        fault = self._fault()
        note = ""
        if fault:
            reason = f"{self.reduced} failed its self-check"
            note = f"{reason}: {fault}; training in float32"
        return PrecisionChoice(chosen.policy, reason, chosen.jit_compile, note)

    def _fastest(self, reason: str) -> tuple[Candidate, str]:
        usable = self._usable()
        if len(usable) == 1:
            return usable[0], reason
        choice = self._remembered_choice()
        if choice is not None:
            return choice, self.record["reason"]
        worth = self._rough_seconds() >= WORTH_MEASURING
        return self._measured(usable) if worth else (usable[0], TOO_LITTLE)

    def _usable(self) -> list[Candidate]:
        """Return the candidates that have not failed their check."""
        if not self._fault():
            return list(self.options)
        left = [c for c in self.options if c.policy == "float32"]
        return left or [Candidate("float32", self.plain_jit)]

    def _remembered_choice(self) -> Candidate | None:
        stored = self.record.get("choice")
        return next((c for c in self._usable() if list(c) == stored), None)

    def _rough_seconds(self) -> float:
        """Return about how long the run computes, for the price of two batches."""
        cost = self._rough_cost() if self.work.kinds else 0.0
        costs = {
            kind: cost * (1.0 if kind == "features" else STEPS_COST)
            for kind in self.work.kinds
        }
        return self.work.seconds(costs)

    def _rough_cost(self) -> float:
        if "rough" not in self.record:
            network = self._network("float32")
            self._keep(rough=network.rough_cost(self.work.inputs))
        return float(self.record["rough"])

    def _measured(self, usable: list[Candidate]) -> tuple[Candidate, str]:
        """Time the candidates in turns, so that what else runs slows all alike."""
        began, plain = time.monotonic(), usable[0]
        self._first("float32")
        self._first(plain.policy)
        timings = Timings(self.work)
        timings.take(plain, self._trial(plain).time())
        spent, total = time.monotonic() - began, timings.seconds(plain)
        longest = max(MEASURING_SECONDS, LONG_SHARE * total)
        budget = min(MEASURING_SHARE * total, longest, self.work.measuring_seconds)
        if total < WORTH_MEASURING or len(usable) * spent > budget:
            return plain, TOO_LITTLE
        running = [c for c in usable if self._runs(c)]
        for number in range(1, ROUNDS + 1):
            for candidate in running:
                timings.take(candidate, self._trial(candidate).time())
            clear = number > 1 and is_clear(timings, plain)
            if clear or time.monotonic() > began + budget:
                break
        chosen, reason = fastest_of(timings, plain)
        if not self._fault():  # which is of these inputs, not of the machine
            self._keep(choice=list(chosen), reason=f"{reason} before")
        return chosen, reason

    def _runs(self, candidate: Candidate) -> bool:
        """Trace a candidate; return whether it works and agrees with float32."""
        if candidate.policy != "float32" and self._check():
            return False
        if candidate.jit_compile != self.plain_jit:
            try:
                self._trial(candidate).time()
            except Exception as error:  # XLA cannot compile every operation
                self.reporter.say(f"  XLA is not used: {_first_line(error)}")
                return False
        return True

    def _fault(self) -> str | None:
        """Return what the check of the reduced precision found; None before it."""
        fault = self.record.get("checks", {}).get(self.sample)
        return None if fault is None else str(fault)

    def _check(self) -> str:
        """Return why the reduced precision cannot be trusted, or ""; remembered."""
        fault = self._fault()
        if fault is None:
            exact = self._first("float32")
            try:
                fault = self._first(self.reduced).fault(exact)
            except TfappError:
                raise
            except Exception as error:  # an operation may lack this precision
                fault = f"it cannot run ({_first_line(error)})"
            self._keep(checks={**self.record.get("checks", {}), self.sample: fault})
        return fault

    def _first(self, policy: str) -> FirstSteps:
        if policy not in self.firsts:
            trial = self._trial(Candidate(policy, self.plain_jit))
            self.firsts[policy] = trial.take_first_steps()
        return self.firsts[policy]

    def _trial(self, candidate: Candidate) -> Trial:
        if not self.trials:
            count = sample_size(self._rough_cost(), self.work.sample)
            self.work = self.work.first(count)
        if candidate not in self.trials:
            network = self._network(candidate.policy)
            keras.config.set_dtype_policy(candidate.policy)
            self.trials[candidate] = Trial(self.work, network, candidate.jit_compile)
        return self.trials[candidate]

    def _network(self, policy: str) -> Network:
        if policy not in self.networks:
            exact = policy == "float32"
            weights = None if exact else self._network("float32").weights
            network = Network(self.work, policy, self.build, weights)
            self.networks[policy] = network
        return self.networks[policy]

    def _keep(self, **facts: Any) -> None:
        self.record |= facts
        write_json(self.path, self.record)


def _read(path: Path) -> dict[str, Any]:
    """Return the stored record; a damaged file counts as absent."""
    try:
        record = dict(json.loads(path.read_text("utf-8")))
        float(record.get("rough", 0.0))
        checks = dict(record.get("checks", {}))
        return record | {"checks": checks, "reason": str(record.get("reason", ""))}
    except (OSError, ValueError, TypeError):
        return {}


def _first_line(error: Exception) -> str:
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])[:160]

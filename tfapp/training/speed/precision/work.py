"""What a run computes most of the time, and the ways to compute it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any, NamedTuple

import tensorflow as tf

from tfapp import __version__
from tfapp.data.spec import DataInfo
from tfapp.recipes.config import Recipe
from tfapp.tasks.spec import Task
from tfapp.training import devices
from tfapp.training.transfer.identity import digest
from tfapp.training.trees import first_rows, num_rows, row_forms

FORMAT = 2
"""Of the files of choices; counts up when what is measured changes."""

LONG_STEP = 1.5
"""Seconds; slower networks are tried on fewer inputs."""

LEAST_INPUTS = 4

LEAST_GAIN = 1.1
"""A smaller speed-up may be noise, and is not worth fewer digits."""

CLEAR = 1.4
"""Factor between a gain and the least one from which on no more is measured."""

BUDGET_SHARE = 0.05
"""Of a time budget, for measuring."""


class Candidate(NamedTuple):
    """A way to compute: a dtype policy, and whether XLA compiles the step."""

    policy: str
    jit_compile: bool


@dataclass(frozen=True)
class PrecisionChoice:
    """How a run computes.

    Args:
        policy: name of the dtype policy.
        reason: why, in a few words.
        jit_compile: whether XLA compiles the training step.
        note: a line for the user, such as why a precision was refused; "" for none.
    """

    policy: str
    reason: str
    jit_compile: bool = False
    note: str = ""


@dataclass(frozen=True)
class Work:
    """What a run computes, and a sample of it.

    Args:
        recipe: of the run.
        task: its loss.
        info: facts of the data.
        inputs: batch for the network, an array or a dict of arrays.
        targets: of that batch, as the dataset has them.
        num_inputs: inputs of which the frozen extractor's features are computed.
        steps: training steps on whole inputs.
    """

    recipe: Recipe
    task: Task
    info: DataInfo
    inputs: Any
    targets: Any
    num_inputs: int
    steps: int

    @property
    def sample(self) -> int:
        """Number of inputs in the sample."""
        return num_rows(self.inputs)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is to be timed: "features", and "train", "thaw" or "head"."""
        tune = self.recipe.fine_tune
        features = ("features",) if tune is not None and self.num_inputs else ()
        if not self.steps:
            return features
        learning = "train" if tune is None else "thaw" if tune.thaw else "head"
        return (*features, learning)

    @property
    def measuring_seconds(self) -> float:
        """How long measuring may take under the run's budget."""
        minutes = self.recipe.runtime.minutes
        return BUDGET_SHARE * 60.0 * minutes if minutes else float("inf")

    def seconds(self, costs: Mapping[str, float]) -> float:
        """Return how long the run computes.

        Args:
            costs: kind of work → seconds per input.
        """
        trained = self.steps * self.recipe.data.batch_size
        return sum(
            costs[kind] * (self.num_inputs if kind == "features" else trained)
            for kind in self.kinds
        )

    def first(self, count: int) -> "Work":
        """Return the same work with fewer inputs in the sample."""
        inputs, targets = first_rows((self.inputs, self.targets), count)
        return replace(self, inputs=inputs, targets=targets)


@dataclass
class Timings:
    """The shortest seconds per input of each candidate and kind of work."""

    work: Work
    best: dict[Candidate, dict[str, float]] = field(default_factory=dict)

    def take(self, candidate: Candidate, seconds_by_kind: Mapping[str, float]) -> None:
        """Remember seconds per input by kind of work, where they are the shortest."""
        best = self.best.setdefault(candidate, dict(seconds_by_kind))
        for kind, seconds in seconds_by_kind.items():
            best[kind] = min(best[kind], seconds)

    def seconds(self, candidate: Candidate) -> float:
        """Return how long the whole run computes with a candidate."""
        return self.work.seconds(self.best[candidate])


def sample_size(cost: float, inputs: int) -> int:
    """Return how many inputs make a step of bearable length, at least 4.

    Args:
        cost: seconds to infer one input; learning from it takes three times as long.
        inputs: at hand.
    """
    return min(inputs, max(LEAST_INPUTS, int(LONG_STEP / (3.0 * max(cost, 1e-9)))))


def identity(work: Work, options: Sequence[Candidate]) -> str:
    """Return a digest of what decides which way of computing a network is fastest.

    That is how it is built, for what inputs, the kinds of work, the machine and the
    versions of the software. A digest of the layers themselves would need the network,
    whose building takes seconds that a remembered choice saves.
    """
    recipe = work.recipe
    thaw = recipe.fine_tune.thaw if recipe.fine_tune else None
    return digest(
        [
            FORMAT,
            recipe.model.model_dump(),
            row_forms((work.inputs, work.targets)),
            thaw.from_layer if thaw else "",
            work.kinds,
            options,
            devices.identity(recipe.runtime),
            [__version__, *(metadata.version(n) for n in ("keras", "tensorflow"))],
        ]
    )


def sample_identity(work: Work) -> str:
    """Return a digest of what decides the first steps, besides the network."""
    tune = work.recipe.fine_tune
    return digest(
        [
            work.recipe.seed,
            work.recipe.training.model_dump(),
            tune.model_dump() if tune else None,
            [
                hashlib.sha256(part.tobytes()).hexdigest()
                for part in tf.nest.flatten((work.inputs, work.targets))
            ],
        ]
    )


def is_clear(timings: "Timings", plain: Candidate) -> bool:
    """Return whether no other timing would change what `fastest_of` returns.

    Args:
        timings: of every candidate that runs.
        plain: the plainest one.
    """
    others = [timings.seconds(c) for c in timings.best if c != plain]
    gain = timings.seconds(plain) / min(others, default=timings.seconds(plain))
    return gain > LEAST_GAIN * CLEAR or gain < LEAST_GAIN / CLEAR


def fastest_of(timings: "Timings", plain: Candidate) -> tuple[Candidate, str]:
    """Return the fastest candidate, and by how much it is faster, in words.

    Args:
        timings: of every candidate that runs.
        plain: the plainest one, which stays unless another is clearly faster.
    """
    best = min(timings.best, key=timings.seconds)
    gain = timings.seconds(plain) / timings.seconds(best)
    if gain < LEAST_GAIN:
        return plain, "nothing is faster, measured"
    other = "without XLA" if best.policy == plain.policy else plain.policy
    return best, f"{gain:.1f}x {other}, measured"

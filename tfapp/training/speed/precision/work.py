"""What a run computes most of the time, and the ways to compute it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import NamedTuple

import numpy as np

from tfapp import __version__
from tfapp.recipes.config import Recipe
from tfapp.tasks.spec import Task
from tfapp.training import devices
from tfapp.training.transfer.identity import digest

FORMAT = 1
"""Of the files of choices; counts up when what is measured changes."""

LONG_STEP = 1.5
"""Seconds; slower networks are tried on fewer images."""

LEAST_IMAGES = 4


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
        images: float array (batch, height, width, channels) in [0, 255].
        labels: one-hot float array (batch, num_classes).
        num_images: images of which the frozen extractor's features are computed.
        steps: training steps on whole images.
    """

    recipe: Recipe
    task: Task
    images: np.ndarray
    labels: np.ndarray
    num_images: int
    steps: int

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is to be timed: "features", and "train", "thaw" or "head"."""
        tune = self.recipe.fine_tune
        features = ("features",) if tune is not None and self.num_images else ()
        if not self.steps:
            return features
        learning = "train" if tune is None else "thaw" if tune.thaw else "head"
        return (*features, learning)

    def seconds(self, costs: Mapping[str, float]) -> float:
        """Return how long the run computes.

        Args:
            costs: kind of work → seconds per image.
        """
        trained = self.steps * self.recipe.data.batch_size
        return sum(
            costs[kind] * (self.num_images if kind == "features" else trained)
            for kind in self.kinds
        )

    def first(self, count: int) -> "Work":
        """Return the same work with fewer images in the sample."""
        return replace(self, images=self.images[:count], labels=self.labels[:count])


@dataclass
class Timings:
    """The shortest seconds per image of each candidate and kind of work."""

    work: Work
    best: dict[Candidate, dict[str, float]] = field(default_factory=dict)

    def take(self, candidate: Candidate, found: Mapping[str, float]) -> None:
        """Remember seconds per image by kind of work, where they are the shortest."""
        best = self.best.setdefault(candidate, dict(found))
        for kind, seconds in found.items():
            best[kind] = min(best[kind], seconds)

    def seconds(self, candidate: Candidate) -> float:
        """Return how long the whole run computes with a candidate."""
        return self.work.seconds(self.best[candidate])


def sample_size(cost: float, images: int) -> int:
    """Return how many images make a step of bearable length, at least 4.

    Args:
        cost: seconds to infer one image; learning from it takes three times as long.
        images: at hand.
    """
    return min(images, max(LEAST_IMAGES, int(LONG_STEP / (3.0 * max(cost, 1e-9)))))


def identity(work: Work, options: Sequence[Candidate]) -> str:
    """Return a digest of what decides which way of computing a network is fastest.

    That is how it is built, on what images, the kinds of work, the machine and the
    versions of the software. A digest of the layers themselves would need the network,
    whose building takes seconds that a remembered choice saves.
    """
    recipe = work.recipe
    thaw = recipe.fine_tune.thaw if recipe.fine_tune else None
    return digest(
        [
            FORMAT,
            recipe.model.model_dump(),
            work.images.shape[1:],
            work.labels.shape[1:],
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
            hashlib.sha256(work.images.tobytes()).hexdigest(),
            work.labels.tolist(),
        ]
    )

"""An environment in place of a dataset: it has the form of examples, and none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from tfapp.data import load_dataset
from tfapp.data.context import LoadContext
from tfapp.data.report import CheckReport
from tfapp.data.spec import SPLITS, DataInfo, Example
from tfapp.domains.reinforcement.environments.making import make_environment
from tfapp.domains.reinforcement.environments.spec import Environment
from tfapp.domains.reinforcement.preprocessor import (
    ObservationPreprocessor,
    preprocessor_of,
)
from tfapp.recipes.config import Recipe

CHECKED_STEPS = 1_000


@dataclass(frozen=True, eq=False)
class EnvironmentData:
    """What a network has to know of an environment; there are no examples.

    Args:
        environment: that it acts in.
        info: form of observations and names of actions.
        preprocessor: of raw observations.
    """

    environment: Environment
    info: DataInfo
    preprocessor: ObservationPreprocessor
    examples: Mapping[str, tuple[Example, ...]] = field(
        default_factory=lambda: {split: () for split in SPLITS}
    )
    augmentation: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvironmentReport(CheckReport):
    """What an agent sees of an environment, and what random play returns."""

    def lines(self) -> list[str]:
        """Return the report for the terminal."""
        facts = self.facts
        shape = " x ".join(map(str, facts["observation"]))
        chance = facts["return of random play"]
        returns = "no episode ended" if chance is None else f"{chance:.3g}"
        return [
            f"{self.name}: {self.counts['files']:,} steps of random play",
            f"  observations: {shape}",
            f"  actions: {', '.join(facts['actions'])}",
            f"  return of random play: {returns}",
            *(f"  {line}" for line in facts["protocol"]),
        ]


def environment(
    context: LoadContext,
    *,
    sticky_actions: float | None = None,
    ramping: bool | None = None,
    max_frames: int | None = None,
    no_ops: int | None = None,
    all_actions: bool | None = None,
) -> EnvironmentData:
    """An environment to act in: gym:CartPole-v1, minatar:breakout, ale:pong, ….

    What is left out is as published results of the kind have it.

    Args:
        context: names the environment.
        sticky_actions: how likely an action is replaced by the one before it.
        ramping: whether a game of MinAtar becomes harder with time.
        max_frames: after which an episode is cut off.
        no_ops: actions that do nothing at the start of a game of Atari, at most.
        all_actions: whether actions without effect in the game are offered too.

    Raises:
        ConfigError: for an option that the environment does not have, or a package
            that is missing.
    """
    options = {
        "sticky_actions": sticky_actions,
        "ramping": ramping,
        "max_frames": max_frames,
        "no_ops": no_ops,
        "all_actions": all_actions,
    }
    made = make_environment(context.config.path, options)
    return EnvironmentData(made, made.info, preprocessor_of(made))


def load_environment(recipe: Recipe) -> EnvironmentData:
    """Return a new environment of a recipe, with what a network has to know of it."""
    return cast(EnvironmentData, load_dataset(recipe.data, seed=recipe.seed))


def check_environment(context: LoadContext) -> EnvironmentReport:
    """Play a few steps by chance, and report what an agent would see.

    Raises:
        ConfigError: if the environment cannot be made or played.
    """
    game = environment(context, **context.config.options).environment
    random = np.random.default_rng(0)
    returns, total = [], 0.0
    game.reset(0)
    for _ in range(CHECKED_STEPS):
        moment = game.step(int(random.integers(len(game.actions))))
        total += moment.reward
        if moment.ended:
            returns.append(total)
            total = 0.0
            game.reset(len(returns))
    facts = {
        "observation": list(game.observation_shape),
        "actions": list(game.actions),
        "protocol": list(game.protocol),
        "return of random play": float(np.mean(returns)) if returns else None,
    }
    counts = {"files": CHECKED_STEPS, "usable": CHECKED_STEPS, "unusable": 0}
    whole = {**counts, "left out": 0, "hidden": 0, "foreign": 0}
    return EnvironmentReport(game.name, "steps", whole, {}, facts, labels="actions")

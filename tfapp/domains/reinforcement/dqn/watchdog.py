"""Early warnings: values beyond any return, and an agent that does one thing only."""

from collections.abc import Callable, Sequence

import numpy as np

BEYOND = 1.5
"""Times the largest value that rewards allow, above which values run away."""
ALWAYS = 0.98
"""Share of the chosen actions; above it, one action takes all."""
ROUNDS = 2
"""In a row, so that one odd round is no warning."""


class Watchdog:
    """Notices what a training will not recover from, and says so once each.

    Args:
        note: receives a line that a person should see.
        discount: of the next value.
        actions: names of the actions.
    """

    def __init__(
        self, note: Callable[[str], None], discount: float, actions: Sequence[str]
    ) -> None:
        self.note, self.actions = note, actions
        self.horizon = 1.0 / (1.0 - discount)
        self.largest = 0.0
        self.rounds = {"values": 0, "actions": 0}

    def reward(self, reward: float) -> None:
        """Take notice of a reward, as learning counts it."""
        self.largest = max(self.largest, abs(reward))

    def round(self, value: float, counts: np.ndarray) -> None:
        """Judge a round.

        Args:
            value: mean of the largest values of fixed observations.
            counts: how often the network chose each action, (actions,).
        """
        bound = self.largest * self.horizon
        self._count("values", bound > 0 and abs(value) > BEYOND * bound)
        share = counts.max() / max(counts.sum(), 1)
        self._count("actions", share > ALWAYS and len(counts) > 1)
        if self.rounds["values"] == 1:
            self.note(
                f"values diverge: {value:.4g} on average, where rewards of at most "
                f"{self.largest:g} allow {bound:.4g}. Where they are "
                "far above 1, set task_options.reward_scale so that returns are about "
                "10; else a smaller learning_rate, or a larger target_every."
            )
        if self.rounds["actions"] == ROUNDS:
            self.note(
                f"the network chooses {self.actions[int(counts.argmax())]!r} in "
                f"{share:.0%} of its steps, {ROUNDS} rounds in a row. Its values "
                "hardly differ yet: let it explore longer "
                "(task_options.exploration_steps), or lower the learning rate."
            )

    def _count(self, what: str, holds: bool) -> None:
        self.rounds[what] = self.rounds[what] + 1 if holds else 0

    def state(self) -> dict[str, float]:
        """Return what `restore` takes, JSON-ready."""
        return {"largest": self.largest, **self.rounds}

    def restore(self, state: dict[str, float]) -> None:
        """Take back what `state` returned."""
        self.largest = state["largest"]
        self.rounds = {name: int(state[name]) for name in self.rounds}

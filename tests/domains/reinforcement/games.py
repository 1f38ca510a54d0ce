"""Games small enough to know the answer."""

import numpy as np

from tfapp.domains.reinforcement.dqn.settings import DQNSettings
from tfapp.domains.reinforcement.dqn.task import task
from tfapp.domains.reinforcement.environments.spec import Environment, Moment


def settings(**options) -> DQNSettings:
    """Return settings of a recipe's defaults but for some options."""
    return task(**options).settings


class Counting(Environment):
    """Shows how many steps were taken, as a picture of one pixel.

    An episode ends after `length` steps: by a time limit if `cut`, else for good.
    """

    def __init__(self, length=5, cut=False, stack=3):
        super().__init__(
            "counting",
            actions=("stay", "go"),
            frame_shape=(1, 1, 1),
            dtype="uint8",
            stack=stack,
        )
        self.length, self.cut = length, cut

    def reset(self, seed):
        """Begin with a number that tells the episode."""
        self.base, self.steps = 10 * (seed % 20), 0
        return self.frame()

    def step(self, action):
        """Count."""
        self.steps += 1
        over = self.steps >= self.length
        return Moment(self.frame(), 1.0, over and not self.cut, over and self.cut)

    def frame(self):
        """Return the count."""
        return np.full((1, 1, 1), self.base + self.steps + 1, np.uint8)

    def picture(self):
        """Return a grey square."""
        return np.full((8, 8, 3), 40 * self.steps, np.uint8)

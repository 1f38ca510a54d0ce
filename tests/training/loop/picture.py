"""A workload that is no training: a picture changed until it looks like another."""

import json

import keras
import numpy as np

from tfapp.training.loop.workload import NotFiniteError, Workload

SHAPE = (6, 6)


class Picture(Workload):
    """Noisy gradient descent with momentum on the pixels of a picture.

    Args:
        total: iterations in all.
        scores: figures of the rounds, in place of the measured ones.
        interrupt: called with the number of iterations done, before each call.
    """

    unit, round_name, round_units = "iterations", "look", 10
    monitor, better = "distance", "lower"

    def __init__(self, total=40, scores=None, interrupt=lambda done: None):
        self.total = total
        self.scores = scores
        self.interrupt = interrupt
        self.target = np.random.default_rng(0).random(SHAPE).astype("float32")
        self.picture = keras.Variable(np.zeros(SHAPE, "float32"), name="picture")
        self.speed = keras.Variable(np.zeros(SHAPE, "float32"), name="speed")
        self.random = np.random.default_rng(1)
        self.history = np.zeros(0, "float32")
        self.shares = []

    def begin(self, budget_share):
        """Remember how to ask for the time spent."""
        self.budget_share = budget_share

    def advance(self):
        """Do five iterations."""
        self.interrupt(self.done)
        self.shares.append(self.budget_share())
        for _ in range(5):
            noise = self.random.normal(0.0, 0.05, SHAPE).astype("float32")
            away = self.picture.numpy() - self.target
            self.speed.assign(0.9 * self.speed.numpy() - 0.1 * (away + noise))
            self.picture.assign(self.picture.numpy() + self.speed.numpy())
            self.done += 1
        loss = float(np.square(self.picture.numpy() - self.target).mean())
        self.history = np.append(self.history, np.float32(loss))
        if not np.isfinite(loss):
            raise NotFiniteError(loss, f"iteration {self.done}")
        return {"loss": loss}

    def score(self):
        """Return the largest difference, or the next of the given figures."""
        if self.scores is not None:
            return {"distance": self.scores[self.done // self.round_units - 1]}
        return {"distance": np.abs(self.picture.numpy() - self.target).max()}

    def variables(self):
        """Return the picture and its momentum."""
        return [self.picture, self.speed]

    def weights(self):
        """Return the picture alone."""
        return [self.picture]

    def extra_state(self):
        """Return the random stream and every loss so far."""
        stream = json.loads(json.dumps(self.random.bit_generator.state))
        return {"random": stream, "history": self.history}

    def restore(self, extra_state):
        """Take both back."""
        self.random.bit_generator.state = extra_state["random"]
        self.history = extra_state["history"]

"""An experiment that learns from no examples: it draws a picture and saves it."""

import os
import signal
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from tests.training.loop.picture import Picture
from tfapp import domains
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Fact, Report, Table
from tfapp.tasks.outcome import Outcome
from tfapp.tasks.results import PrimaryMetric, Results
from tfapp.verbs.run import run

NAME = "drawing"
METRIC = PrimaryMetric("distance", "Distance", "distance", better="lower")


def register(modules):
    """Put a domain with one task, this experiment, next to the others.

    Args:
        modules: `sys.modules`, or what restores it.
    """
    package = ModuleType(f"tfapp.domains.{NAME}")
    package.__path__ = []  # a package that holds nothing more
    package.DATA = {"nothing": "task:nothing"}
    package.TASKS = {"picture": "task:experiment"}
    package.TASK_DATA = {"picture": ("nothing",)}
    package.MODELS = {"pixels": "task:pixels"}
    modules[package.__name__] = package
    modules[f"{package.__name__}.task"] = sys.modules[__name__]


def nothing(context):
    """No data."""


def pixels(info):
    """No network."""


def experiment(*, iterations: int = 40, kill_at: int = 0):
    """Draw a picture."""
    return PictureExperiment(iterations, kill_at)


class PictureExperiment:
    """Draws a picture in two phases, the second of which begins with the first's."""

    def __init__(self, iterations, kill_at):
        self.iterations = iterations
        self.kill_at = kill_at

    def prepare(self, context):
        """Refuse a picture that takes no time, and make a blank one."""
        if self.iterations < 10:
            raise ConfigError("`task_options.iterations` must be at least 10.")
        self.sketch = Picture(self.iterations)
        self.drawing = Picture(self.iterations, interrupt=self._interrupt)

    def _interrupt(self, done):
        mark = os.environ.get("TEST_KILL", "")
        if mark and done == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def train(self, context):
        """Sketch, then draw on."""
        first = context.loop.run(self.sketch, "sketch")
        self.drawing.picture.assign(self.sketch.picture.numpy())
        context.loop.run(self.drawing, "draw", start=first.best)

    def finish(self, context):
        """Save the picture."""
        pixels = self.drawing.picture.numpy()
        np.save(context.folder.folder / "picture.npy", pixels)
        distance = float(np.abs(pixels - self.drawing.target).max())
        headline = (Fact("distance", f"{distance:.3f}"),)
        rows = (("picture", "picture", f"{distance:.9g}"),)
        results = Results(
            metric=METRIC,
            figures={"distance": distance},
            calibration={},
            scores=Table(("key", "name", "score"), rows, "The picture"),
            headline=headline,
        )
        return Outcome(results, lambda facts: Report("A picture", "", headline, ()))


def recipe(name="picture", **options):
    """Return a recipe of it that saves a state after every call."""
    return Recipe.model_validate(
        {
            "name": name,
            "task": "picture",
            "task_options": options,
            "data": {"kind": "nothing", "path": "none"},
            "model": {"name": "pixels"},
            "runtime": {"checkpoint_seconds": 0.0},
        }
    )


def places(folder):
    """Return where runs and exports go, and no progress."""
    return {
        "runs_folder": Path(folder) / "runs",
        "saved_models": Path(folder) / "saved_models",
        "reporter": Reporter(quiet=True),
    }


def main(folder):
    """Run it in a process of its own, to be killed."""
    register(sys.modules)
    domains.DOMAINS = (*domains.DOMAINS, NAME)
    run(recipe(kill_at=25), **places(folder))

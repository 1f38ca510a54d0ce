"""Searches without training: a trial's score is a formula of its settings."""

import json
import math
import tomllib
from pathlib import Path

import pytest

from tfapp import recipes
from tfapp.base.files import write_text
from tfapp.recipes.tuning import TuningConfig
from tfapp.tuning.folder import SearchFolder
from tfapp.tuning.local import Keeper, open_oracle
from tfapp.tuning.process import TrialProcess
from tfapp.tuning.search import Search
from tfapp.tuning.space import space_of

SMALL = {
    "training.learning_rate": {"min": 1e-4, "max": 1e-1, "log": True},
    "training.optimizer": ["adamw", "sgd", "rmsprop"],
}
SPACE = {
    "training.learning_rate": {"min": 1e-4, "max": 1e-1, "log": True},
    "training.optimizer": ["adamw", "sgd", "rmsprop"],
    "model.options.units": {"min": 8, "max": 64, "step": 8},
    "training.clip_norm": {
        "min": 0.5,
        "max": 2.0,
        "step": 0.5,
        "when": {"training.optimizer": ["sgd"]},
    },
}


class Killed(BaseException):
    """Stands for SIGKILL of the search."""


def table(**tuning):
    """Return a recipe's table with a space of four dimensions."""
    return {
        "name": "toy",
        "task": "image_classification",
        "data": {"path": "digits", "options": {"image_size": [8, 8], "channels": 1}},
        "model": {"name": "small_cnn", "options": {"filters": [4]}},
        "training": {"epochs": 9, "learning_rate": 1e-3},
        "tuning": {"space": SPACE, "trials": 8, "tuner": "random", **tuning},
    }


def curve_of(recipe):
    """Return the losses of nine rounds, by a formula: lower near a rate of 0.01."""
    training = recipe["training"]
    off = abs(math.log10(training["learning_rate"]) + 2)
    units = recipe["model"]["options"].get("units", 8)
    kind = {"adamw": 0.0, "sgd": 0.1, "rmsprop": 0.2}[training["optimizer"]]
    floor = 0.1 + off + kind + (64 - units) / 640
    return [floor + 1.0 / (step + 1) for step in range(9)]


class ToySearch:
    """A search in a folder whose trials are formulas; it can be killed anywhere.

    Args:
        folder: of the search.
        config: keys of `[tuning]`.
        kill: is called with the name of a moment, and may raise Killed.
    """

    def __init__(self, folder, config, monkeypatch, kill=lambda moment: None):
        self.folder = SearchFolder(folder)
        self.kill = kill
        recipe = recipes.build(table(**config), "test")
        self.space = space_of(recipe)
        self.config = TuningConfig.model_validate(recipe.tuning)
        self.started, self.noted = [], None
        toy = self
        monkeypatch.setattr(TrialProcess, "run", lambda p, f: toy.train(p, f))
        monkeypatch.setattr(
            SearchFolder, "write_state", lambda f, s: toy.write_state(s)
        )

        self.oracle = open_oracle(
            self.folder, self.space, self.config, workers_live=False
        )

    def write_state(self, snapshot):
        """Write the state, unless the search is killed before."""
        self.kill("before the state is written")
        write_text(self.folder.state_file, json.dumps(snapshot))
        self.kill("after the state is written")

    def train(self, process, on_round):
        """Stand for the process of a trial: the same files, no training."""
        job, outcome = process.job, Path(process.job.outcome)
        number = int(Path(job.folder).name)
        if outcome.is_file():
            return json.loads(outcome.read_text())
        self.started.append(number)
        self.kill("in a trial")
        curve = curve_of(tomllib.loads(job.recipe))
        curve = curve[: job.rounds or None]
        stopped = ""
        for step in range(1, len(curve) + 1):
            score = {"curve": curve[:step], "better": "lower"}
            if on_round(score) == "stop":
                curve, stopped = curve[:step], "worse than the median"
                break
        found = {"value": min(curve), "curve": curve, "monitor": "val_loss"}
        found |= {"better": "lower", "rounds": len(curve), "seconds": 1.0}
        found["stopped"] = stopped
        outcome.parent.mkdir(parents=True, exist_ok=True)
        outcome.write_text(json.dumps(found))
        self.kill("after a trial")
        return found

    def run(self, workers=1):
        """Run until it ends or is killed; return the history."""
        names = tuple(f"worker-{i}" for i in range(workers))
        self.search = Search(self.folder, self.space, self.config, self.oracle, names)
        if self.noted is not None:
            self.search.on_end = self.noted.note
        self.search.run()
        return Keeper.history(self)

    def keeper(self, stage):
        """Return what notes the trials of `run` from now on."""
        self.noted = Keeper(self.folder, self.space, self.config, self.oracle, stage)
        return self.noted


@pytest.fixture
def toy_search(tmp_path, monkeypatch):
    """Make a search in a folder below tmp_path; see `ToySearch`."""

    def make(name="toy_tune", kill=lambda moment: None, **config):
        return ToySearch(tmp_path / name, config, monkeypatch, kill)

    return make

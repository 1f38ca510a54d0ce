"""What every task must do for a user, from the check to the served answer.

A task without tiny data (`tests/domains/DOMAIN/tiny.py`) fails the first test, unless
it is an experiment that leaves no model.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from tests.domains.tiny import EXPERIMENTS, UNPLANNED, tiny_sets
from tests.serving.conftest import running
from tfapp import recipes, runs
from tfapp.base import registry
from tfapp.base.reporter import Reporter
from tfapp.runs.watching.events import records
from tfapp.training.watching.allowance import Allowance
from tfapp.verbs.check import check
from tfapp.verbs.compare import compare
from tfapp.verbs.evaluate import evaluate
from tfapp.verbs.fit import plan
from tfapp.verbs.predict import predict
from tfapp.verbs.run import resume, run
from tfapp.verbs.tuning.tune import tune

pytestmark = pytest.mark.slow
QUIET = Reporter(quiet=True)
SETS = tiny_sets()
TASKS = sorted(registry.union("TASKS").keys() - EXPERIMENTS)
WHOLE, KILLED = "whole", "killed"
SHEETS = ("validation examples", "samples")
"""How the names of what a task shows of its examples begin."""
RUN = """
import sys
from tfapp.base.reporter import Reporter
from tfapp.verbs.run import run
recipe, runs_folder, saved_models = sys.argv[1:]
run(recipe, runs_folder=runs_folder, saved_models=saved_models,
    reporter=Reporter(quiet=True))
"""


class Workplace:
    """One task's tiny set, a run that was left alone, and one that was killed.

    Args:
        task: name of the task.
        folder: everything lies below it.
    """

    def __init__(self, task, folder):
        self.task = task
        self.folder = folder
        self.tiny = SETS[task](folder / "data")
        self.places = {
            "runs_folder": folder / "runs",
            "saved_models": folder / "saved_models",
            "reporter": QUIET,
        }
        with pytest.MonkeyPatch.context() as patch:
            # Of so short a training nothing would be drawn; here everything is.
            patch.setattr(Allowance, "permits", lambda *arguments: True)
            patch.setattr(Allowance, "permits_point", lambda *arguments: True)
            self.whole = run(self.recipe(WHOLE), **self.places)

    def recipe(self, name):
        """Return the recipe under a name."""
        table = {**self.tiny.table, "name": name, "task": self.task}
        return recipes.build(table, where="tiny")

    def kill(self):
        """Run in a process that SIGKILL ends as soon as a state can be resumed."""
        file = self.folder / f"{KILLED}.toml"
        file.write_text(recipes.to_toml(self.recipe(KILLED)))
        places = [str(self.places[n]) for n in ("runs_folder", "saved_models")]
        process = subprocess.Popen([sys.executable, "-c", RUN, str(file), *places])
        checkpoints = self.folder / "runs" / KILLED / "1" / "checkpoints"
        end = time.monotonic() + 300
        while process.poll() is None and not [*checkpoints.glob("*.state.npz")]:
            assert time.monotonic() < end, "no state was saved"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it ended before it was killed"


@pytest.fixture(scope="module", params=TASKS)
def place(request, tmp_path_factory):
    """The workplace of each task in turn."""
    folder = tmp_path_factory.mktemp(request.param)
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
    yield Workplace(request.param, folder)
    patch.undo()


def test_every_task_has_tiny_data():
    """The set of tested names is the registry."""
    assert sorted(SETS) == TASKS


def test_checked_and_planned(place):
    """`check` refuses nothing, and `fit` plans a recipe that can be built."""
    settings = []
    if place.task in UNPLANNED:
        options = place.tiny.table["data"].get("options", {}).items()
        settings = [f"data.options.{k}={json.dumps(v)}" for k, v in options]
        settings.append(f"task={place.task}")
    report = check(place.tiny.path, settings, reporter=QUIET)
    assert report.bad_share == 0
    if place.task in UNPLANNED:
        return
    planned = plan(place.tiny.path, reporter=QUIET)
    kinds = registry.union("TASK_DATA")
    assert set(kinds[planned.recipe.task]) & set(kinds[place.task])
    assert planned.reasons


def test_a_run_leaves_everything(place):
    """Figures, scores, report, model and SavedModel are there."""
    folder = place.whole.folder
    for name in ("metrics.json", "scores.csv", "report.html", "model.keras"):
        assert (folder / name).stat().st_size > 0, name
    assert (place.whole.saved_model / "saved_model.pb").is_file()
    assert runs.Run(folder).status() == "complete"
    card = json.loads((place.whole.saved_model / "tfapp.json").read_text())
    assert card["task"] == place.task
    assert card["interface"]["media_type"]


def test_examples_are_seen_while_it_learns(place):
    """Every epoch shows validation examples of the kind; no view has failed."""
    folder = place.whole.folder
    values = [
        (event.step, value.tag)
        for path in folder.glob("logs/*/examples/events*")
        for data, _ in records(path)
        for event in [Event.FromString(data)]
        for value in event.summary.value
    ]
    shown = {step for step, tag in values if tag.startswith(SHEETS)}
    metrics = json.loads((folder / "metrics.json").read_text())["run"]
    epochs = set(range(1, len(metrics["phases"][0]["epochs"]) + 1))
    assert shown in (epochs, set()), "a task may have no sheet"
    assert not [note for note in metrics["notes"] if "TensorBoard" in note]


def test_killed_and_resumed(place):
    """What SIGKILL interrupts ends with the figures of the run left alone."""
    place.kill()
    resumed = resume(KILLED, **place.places)
    first, second = (
        json.loads((result.folder / "metrics.json").read_text())
        for result in (place.whole, resumed)
    )
    assert second.pop("run")["resumed"] is True
    first.pop("run")
    assert second == first
    weights = [load(result.folder) for result in (place.whole, resumed)]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    names = [f"{WHOLE}/1", f"{KILLED}/1"]
    compared = compare(names, runs_folder=place.places["runs_folder"], reporter=QUIET)
    assert len(compared.groups) == 1, "recipes of equal settings are one group"


def load(folder):
    """Return the weights of a run's model."""
    from tfapp.export.keras_file import load_model

    return load_model(folder / "model.keras").get_weights()


def test_searched(place):
    """`tune` tries the recipe and one other setting, each in its own process."""
    found = tune(
        place.recipe("searched"),
        trials=2,
        tuner="random",
        runs_folder=place.places["runs_folder"],
        reporter=QUIET,
    )
    assert [trial.failure for trial in found.history.trials] == ["", ""]
    assert recipes.load_recipe(str(found.best_recipe)).task == place.task


def test_evaluated_again(place):
    """`evaluate` gives the figures of the run."""
    again = evaluate(WHOLE, runs_folder=place.places["runs_folder"], reporter=QUIET)
    figures = json.loads((place.whole.folder / "metrics.json").read_text())
    numbers = {k: v for k, v in again.figures.items() if isinstance(v, float)}
    assert numbers
    for name, value in numbers.items():
        assert value == pytest.approx(figures[name], abs=1e-5), name


def test_every_form_of_the_model_answers_alike(place, tmp_path):
    """SavedModel, run, model.keras and server give one answer to each input."""
    forms = [
        str(place.whole.saved_model),
        f"{WHOLE}/1",
        str(place.whole.folder / "model.keras"),
    ]
    answers = [
        predict(
            form,
            place.tiny.inputs,
            out=tmp_path / "out",
            runs_folder=place.places["runs_folder"],
            reporter=QUIET,
        )
        for form in forms
    ]
    for predictions in answers:
        assert predictions.good
        assert len(predictions.rows) >= len(place.tiny.inputs)
    for other in answers[1:]:
        for one, row in zip(answers[0].rows, other.rows, strict=True):
            assert_alike(one.columns, row.columns)


def assert_alike(one, other):
    """Compare two answers: numbers nearly, everything else exactly; not file names."""
    if isinstance(one, Mapping):
        assert one.keys() == other.keys()
        for key in one:
            assert_alike(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_alike(a, b)
    elif isinstance(one, float):
        assert other == pytest.approx(one, abs=1e-3)
    elif not (isinstance(one, str) and "/" in one):
        assert one == other


def test_served_answers_are_those_of_the_saved_model(place):
    """A client's request with raw inputs gets what the SavedModel computes."""
    from tfapp.runs.models import load

    predictor = load(str(place.whole.saved_model), place.places["runs_folder"])

    rows = [row for file in place.tiny.inputs for row in predictor.rows(Path(file))]
    expected = predictor.answers(rows)
    with running(place.places["saved_models"]) as client:
        end = time.monotonic() + 120
        while client.get(f"/v1/models/{WHOLE}")[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        for row, answer in zip(rows, expected, strict=True):
            fields = {name: encoded(value) for name, value in row.items()}
            instance = fields if len(fields) > 1 else next(iter(fields.values()))
            status, reply = client.predict(WHOLE, {"instances": [instance]})
            assert status == 200, reply
            (outputs,) = reply["predictions"]
            for name, value in answer.items():
                if np.asarray(value).dtype.kind == "f":
                    received = outputs[name] if isinstance(outputs, dict) else outputs
                    np.testing.assert_allclose(received, value, atol=1e-4)


def encoded(value):
    """Return a raw input as JSON of the TensorFlow Serving contract."""
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value

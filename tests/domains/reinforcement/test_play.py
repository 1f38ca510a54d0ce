"""`tfapp play` from a recipe to an agent, its page, and a resumed run."""

import csv
import json
import time

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import tfapp
from tests.serving.conftest import running
from tfapp import recipes
from tfapp.base.errors import ConfigError, DataError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.cli import app
from tfapp.domains.reinforcement.dqn.workload import Playing
from tfapp.runs.models import load
from tfapp.verbs.compare import compare
from tfapp.verbs.describe import describe
from tfapp.verbs.fit import plan
from tfapp.verbs.run import resume

QUIET = Reporter(quiet=True)
OPTIONS = {
    "frames": 600,
    "capacity": 300,
    "learning_starts": 50,
    "target_every": 20,
    "exploration_steps": 200,
    "games": 2,
    "steps_per_call": 16,
    "rounds": 3,
    "round_episodes": 2,
    "episodes": 4,
    "optimizer": "adam",
    "learning_rate": 1e-3,
}
TABLES = {
    "gym:CartPole-v1": ("value_perceptron", {}),
    "minatar:breakout": ("minatar_dqn", {"dueling": True}),
    "ale:pong": ("dqn_2013", {}),
}


class Killed(BaseException):
    """Stands for SIGKILL."""


def recipe(name, place="gym:CartPole-v1", **options):
    """Return a recipe that takes a second."""
    model, its = TABLES[place]
    table = {
        "name": name,
        "task": "dqn",
        "task_options": OPTIONS | options,
        "data": {"path": place, "batch_size": 8},
        "model": {"name": model, "options": its},
        "runtime": {
            "checkpoint_seconds": 0.0,
            "deterministic": True,
            "precision": "float32",
            "strategy": "single",
        },
    }
    return recipes.build(table, where="test")


def places(folder):
    """Return where runs and models of a test go."""
    return {
        "runs_folder": folder / "runs",
        "saved_models": folder / "saved_models",
        "reporter": QUIET,
    }


def course(run):
    """Return figures of every round but those of the clock, and all at the end."""
    metrics = json.loads((run.folder / "metrics.json").read_text())
    rounds = metrics.pop("run")["phases"][0]["epochs"]
    for row in rounds:
        row.pop("steps_per_second")
    return rounds, metrics


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was left alone, and its folder."""
    folder = tmp_path_factory.mktemp("play")
    return tfapp.run(recipe("whole"), **places(folder)), folder


@pytest.mark.slow
def test_a_run_leaves_everything(whole):
    """Figures with random play, scores, film, page, TensorBoard and SavedModel."""
    run, folder = whole
    rounds, metrics = course(run)
    assert len(rounds) == 3
    shares = [row["share_left"] + row["share_right"] for row in rounds]
    assert shares[-1] == pytest.approx(1.0)
    assert {"loss", "epsilon", "return", "q", "val_return"} <= rounds[-1].keys()
    assert metrics["random_return"] == metrics["baselines"][0]["value"]
    low, high = metrics["mean_return_interval"]
    assert low <= metrics["mean_return"] <= high
    with (run.folder / "scores.csv").open() as file:
        scores = [float(row["score"]) for row in csv.DictReader(file)]
    assert np.mean(scores) == pytest.approx(metrics["mean_return"])
    with Image.open(run.folder / "episode.webp") as film:
        assert 1 < film.n_frames <= scores[0]  # equal pictures are joined
    page = (run.folder / "report.html").read_text()
    assert "data:image/webp" in page
    assert "random play" in page
    assert "Q: left" in page
    assert [*(run.folder / "logs").rglob("*tfevents*")]
    card = json.loads((run.saved_model / "tfapp.json").read_text())
    assert card["task"] == "dqn"
    assert card["class_names"] == ["left", "right"]
    assert "whole/1" in {row.name for row in tfapp.list_runs(folder / "runs")}


@pytest.mark.slow
def test_every_form_of_the_agent_answers_alike(whole, tmp_path):
    """SavedModel and run answer .npy and .json; other shapes are refused."""
    run, folder = whole
    seen = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.save(tmp_path / "three.npy", seen)
    (tmp_path / "one.json").write_text(json.dumps(seen[0].tolist()))
    np.save(tmp_path / "wrong.npy", seen[:, :3])
    (tmp_path / "text.json").write_text('{"observations": 1}')
    inputs = [str(tmp_path / "three.npy"), str(tmp_path / "one.json")]
    answers = [
        tfapp.predict(form, inputs, runs_folder=folder / "runs", reporter=QUIET)
        for form in (str(run.saved_model), "whole/1")
    ]
    for rows in zip(*(a.rows for a in answers), strict=True):
        first, second = (row.columns for row in rows)
        assert first["action"] == second["action"]
        for name, value in first["q_values"].items():
            assert second["q_values"][name] == pytest.approx(value, abs=1e-4)
    assert answers[0].rows[3].columns == answers[0].rows[0].columns
    best = max(first["q_values"], key=first["q_values"].get)
    assert first["action"] == best
    bad = [str(tmp_path / "wrong.npy"), str(tmp_path / "text.json")]
    errors = tfapp.predict(str(run.saved_model), bad, reporter=QUIET).rows
    assert "Expected an observation of shape [4]" in errors[0].error
    assert "no array of numbers" in errors[1].error
    predictor = load(str(run.saved_model), folder / "runs")
    assert predictor.inputs["observations"].shape.as_list() == [None, 4]


@pytest.mark.nightly
def test_a_server_answers_observations(whole):
    """A client's numbers get the values that the SavedModel computes."""
    run, folder = whole
    seen = np.random.default_rng(1).normal(size=(3, 4)).astype("float32")
    predictor = load(str(run.saved_model), folder / "runs")
    expected = predictor.answers([{"observations": row} for row in seen])
    with running(folder / "saved_models") as client:
        end = time.monotonic() + 120
        while client.get("/v1/models/whole")[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        status, reply = client.predict("whole", {"instances": seen.tolist()})
    assert status == 200, reply
    for answer, received in zip(expected, reply["predictions"], strict=True):
        np.testing.assert_allclose(received["q_values"], answer["q_values"], atol=1e-4)
        assert received["action"] == answer["action"].decode()


@pytest.mark.slow
def test_an_agent_is_judged_again(whole):
    """`play RUN` gives the run's figures by its protocol, and others by another."""
    run, folder = whole
    arguments = ["play", "whole", "--runs", str(folder / "runs"), "-q"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "random play" in result.output
    again = run.folder / "evaluations" / "play" / "1"
    figures = json.loads((again / "metrics.json").read_text())
    assert figures["mean_return"] == course(run)[1]["mean_return"]
    for name in ("scores.csv", "report.html", "episode.webp"):
        assert (again / name).stat().st_size
    other = tfapp.play(
        "whole/1", episodes=1, chance=1.0, runs_folder=folder / "runs", reporter=QUIET
    )
    assert other.results.figures["episodes"] == 1
    assert other.results.figures["mean_return_interval"] is None
    assert other.folder.name == "2"
    for verb, text in (
        (lambda: tfapp.evaluate("whole/1", runs_folder=folder / "runs"), "no examples"),
        (lambda: tfapp.play("whole/1", ["seed=1"], runs_folder=folder / "runs"), "set"),
        (lambda: tfapp.play("digits"), "plays nothing"),
        (lambda: tfapp.play("nothing_such"), "no recipe 'nothing_such'.*play/cartpole"),
        (lambda: tfapp.play("gym:CartPole-v1"), "tfapp fit gym:CartPole-v1"),
    ):
        with pytest.raises(TfappError, match=text):
            verb()


@pytest.mark.parametrize(
    "place",
    [
        "gym:CartPole-v1",
        "minatar:breakout",
        "ale:pong",
    ],
)
@pytest.mark.nightly
def test_killed_run_learns_the_same(place, whole, tmp_path, monkeypatch):
    """After a kill the resumed run has the curve and the weights of the other."""
    options = {"frames": 4_800, "capacity": 900} if place == "ale:pong" else {}
    if place == "gym:CartPole-v1":
        left_alone = whole[0]
    else:
        left_alone = tfapp.run(recipe("left", place, **options), **places(tmp_path))
    advance, calls = Playing.advance, []

    def until_killed(self):
        calls.append(None)
        if len(calls) == 24:
            raise Killed
        return advance(self)

    monkeypatch.setattr(Playing, "advance", until_killed)
    with pytest.raises(Killed):
        tfapp.run(recipe("killed", place, **options), **places(tmp_path))
    monkeypatch.setattr(Playing, "advance", advance)
    resumed = resume("killed", **places(tmp_path))
    assert course(resumed) == course(left_alone)
    weights = [tfapp_model(run.folder).get_weights() for run in (resumed, left_alone)]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    if place == "gym:CartPole-v1":
        runs = [str(run.folder) for run in (resumed, left_alone)]
        assert len(compare(runs, reporter=QUIET).groups) == 1


def tfapp_model(folder):
    """Return the network of a run."""
    from tfapp.export.keras_file import load_model

    return load_model(folder / "model.keras")


def test_recipes_are_described_and_planned():
    """`describe` counts weights; `fit` and `check` know an environment."""
    described = describe("play/minatar_breakout", reporter=QUIET)
    assert described.to_json()["parameters"] == 132_566
    assert describe("dqn_2015", reporter=QUIET).to_json()["parameters"] == 1_686_180
    for place, model in {
        "gym:CartPole-v1": "value_perceptron",
        "minatar:freeway": "minatar_dqn",
        "ale:pong": "dqn_2015",
    }.items():
        planned = plan(place, reporter=QUIET)
        assert planned.recipe.model.name == model
        assert planned.recipe.task == "dqn"
        get = tfapp.functions()
        assert "play" in get


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"data": {"path": "minatar:brakout"}}, ConfigError, "breakout"),
        ({"data": {"path": "gym:Pendulum-v1"}}, ConfigError, "continuous"),
        ({"data": {"path": "nowhere"}}, DataError, "there is no 'nowhere'"),
        ({"training": {"learning_rate": 0.1}}, ConfigError, "no effect on task 'dqn'"),
        (
            {"runtime": {"precision": "float32", "strategy": "mirrored"}},
            ConfigError,
            "one device",
        ),
        ({"model": {"name": "dqn_2015"}}, TfappError, "Choose another model"),
        ({"data": {"path": "gym:CartPole-v1", "batch_size": 0}}, ConfigError, "auto"),
    ],
)
def test_bad_recipes_are_refused_in_one_line(changes, error, text, tmp_path):
    """Each names the key, and the way out."""
    table = recipe("bad").model_dump(exclude_defaults=True)
    with pytest.raises(error, match=text) as caught:
        tfapp.run(recipes.build(table | changes, where="test"), **places(tmp_path))
    assert "\n" not in str(caught.value)

"""What a search shows: the page, the best recipe, TensorBoard's table."""

import numpy as np
import pytest

from tests.tuning.conftest import table
from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.report.page import render_report
from tfapp.tuning.page.hparams import write_experiment, write_trial
from tfapp.tuning.page.importance import explain, position
from tfapp.tuning.page.sections import tuning_report
from tfapp.tuning.page.wording import conclusion, trial_line
from tfapp.tuning.process import TrialProcess
from tfapp.tuning.records import History, TrialRecord
from tfapp.tuning.space import space_of


def record(number, rate=0.01, optimizer="sgd", **changed):
    """Return a finished trial."""
    values = {"training.learning_rate": rate, "training.optimizer": optimizer}
    facts = {"value": 0.5, "score": 0.5, "monitor": "val_loss", "rounds": 9}
    return TrialRecord(number, values, "complete", **(facts | changed))


@pytest.fixture(scope="module")
def space():
    """The space of the toy recipe."""
    return space_of(recipes.build(table(), "test"))


def test_forest_finds_what_mattered(space):
    """Of a score that follows the rate alone, the rate explains nearly all."""
    random = np.random.default_rng(0)
    trials = []
    for number in range(60):
        rate = float(10 ** random.uniform(-4, -1))
        optimizer = str(random.choice(["adamw", "sgd", "rmsprop"]))
        score = abs(np.log10(rate) + 2)
        trials.append(record(number, rate, optimizer, score=score, value=score))
    explanation = explain(History(tuple(trials)), space.dimensions)
    first, *others = explanation.importances
    assert first.key == "training.learning_rate"
    assert explanation.explained > 0.7
    assert first.low > 0.3
    assert all(abs(other.share) < 0.1 and other.low < 0.05 for other in others)
    few = explain(History(tuple(trials[:5])), space.dimensions)
    assert few.importances == ()


@pytest.mark.slow
def test_forest_admits_that_nothing_mattered(space):
    """Of scores drawn at random it explains nothing, and the page says so."""
    random = np.random.default_rng(1)
    trials = tuple(
        record(n, float(10 ** random.uniform(-4, -1)), score=v, value=v)
        for n, v in enumerate(random.random(40))
    )
    history = History(trials, tuple(range(40)))
    explanation = explain(history, space.dimensions)
    assert explanation.explained < 0.1
    page = render_report(tuning_report(space, history, "random"))
    assert "do not show that any setting mattered" in page


def test_positions_in_a_dimension(space):
    """Ends are 0 and 1, a log range is halved at its geometric mean."""
    rate = space.dimensions["training.learning_rate"]
    key = "training.learning_rate"
    places = [position(record(0, v), key, rate) for v in (1e-4, 10**-2.5, 1e-1)]
    assert places == pytest.approx([0.0, 0.5, 1.0])
    kind = space.dimensions["training.optimizer"]
    assert position(record(0, optimizer="sgd"), "training.optimizer", kind) == 0.5
    clip = space.dimensions["training.clip_norm"]
    assert position(record(0), "training.clip_norm", clip) == -1.0


def test_lines_on_trials():
    """A line names the figure and the settings, or why there is no figure."""
    failed = TrialRecord(2, {"a": 1}, "failed", failure="ended by SIGSEGV")
    history = History((record(0), record(1, score=0.4, value=0.4), failed), (0, 1, 2))
    assert "the recipe itself" in trial_line(history.trials[0], history)
    assert "best so far" in trial_line(history.trials[1], history)
    assert "learning_rate=0.01" in trial_line(history.trials[1], history)
    assert "ended by SIGSEGV  (a=1)" in trial_line(failed, history)
    lines = "\n".join(conclusion(history))
    assert "2 complete, 1 failed" in lines
    assert "val_loss 0.4, trial 1" in lines
    assert "optimistic" in lines
    assert "No trial has a score" in "\n".join(conclusion(History(())))


@pytest.mark.slow
def test_everything_is_written_and_only_the_best_stay(toy_search, monkeypatch):
    """Page, best recipe and lines of TensorBoard; weights of the best two alone."""
    search = toy_search(trials=12, keep=2)
    train = search.train

    def with_files(process, on_round):
        number = process.job.folder.rpartition("/")[2]
        if number == "5":
            return {"failure": "<b>boom</b>", "kind": "crash"}
        checkpoints = search.folder.run(int(number)).folder / "checkpoints"
        checkpoints.mkdir(parents=True)
        (checkpoints / "train.weights.h5").write_bytes(b"x" * 1000)
        (checkpoints / "train.json").write_text("{}")
        return train(process, on_round)

    monkeypatch.setattr(TrialProcess, "run", with_files)
    with Reporter(quiet=True).stage("trials") as stage:
        keeper = search.keeper(stage)
        history = search.run()
        keeper.write()
    folder = search.folder
    kept = {int(p.parts[-3]) for p in folder.folder.glob("*/checkpoints/*.h5")}
    assert kept == {t.number for t in history.ranking[:2]}
    assert len(list(folder.folder.glob("*/checkpoints/*.json"))) == 11
    best = recipes.load_recipe(str(folder.best_recipe))
    assert best.name == "toy_best"
    assert best.training.learning_rate == pytest.approx(
        history.best.values["training.learning_rate"]
    )
    assert best.seed == history.best.number
    page = folder.page.read_text()
    assert "&lt;b&gt;boom&lt;/b&gt;" in page
    for text in ("What mattered", "optimistic", "Best settings", "All trials"):
        assert text in page
    written = list(folder.folder.glob("*/logs/*.hparams"))
    assert len(written) == 11
    assert len(list((folder.folder / "trials" / "5").glob("*.hparams"))) == 1
    keeper.write()
    assert list(folder.folder.glob("*/logs/*.hparams")) == written


def test_disk_cap(toy_search):
    """Above the cap weights go first, the worst trial's first, then whole runs."""
    search = toy_search(trials=4, keep=4, disk_gb=1.0)
    history = search.run()
    for number in range(4):
        checkpoints = search.folder.run(number).folder / "checkpoints"
        checkpoints.mkdir(parents=True)
        (checkpoints / "train.weights.h5").write_bytes(b"x" * 1000)
        (checkpoints / "train.json").write_bytes(b"x" * 100)
    with Reporter(quiet=True).stage("trials") as stage:
        keeper = search.keeper(stage)
        for cap, weights, runs in ((3400, 3, 4), (1450, 1, 4), (1250, 1, 2)):
            object.__setattr__(keeper.config, "disk_gb", cap / 1e9)
            keeper.make_room(history)
            left = list(search.folder.folder.glob("*/checkpoints/*.h5"))
            assert len(left) == weights
            found = list(search.folder.folder.glob("[0-9]*"))
            assert len(found) == runs
    assert left[0].parts[-3] == str(history.best.number)


def test_tensorboard_reads_a_line_per_trial(tmp_path, space):
    """Settings, status and objective lie under the run that has the scalars."""
    from tensorboard.backend.event_processing.plugin_event_multiplexer import (
        EventMultiplexer,
    )
    from tensorboard.plugins.hparams import metadata

    write_experiment(tmp_path, space.dimensions)
    failed = TrialRecord(1, {"training.optimizer": "sgd"}, "failed", failure="boom")
    for trial in (record(0, value=0.25), failed):
        for _ in range(2):  # a second writing adds nothing
            logs = tmp_path / str(trial.number) / "logs"
            write_trial(logs, trial, f"trial {trial.number}")
    board = EventMultiplexer()
    board.AddRunsFromDirectory(str(tmp_path))
    board.Reload()
    content = board.PluginRunToTagToContent("hparams")
    assert set(content) == {".", "0/logs", "1/logs"}
    (event,) = board.Tensors("0/logs", "objective")
    assert event.tensor_proto.float_val == [0.25]
    start = content["0/logs"][metadata.SESSION_START_INFO_TAG]
    settings = metadata.parse_session_start_info_plugin_data(start).hparams
    assert settings["training.learning_rate"].number_value == 0.01
    statuses = [
        metadata.parse_session_end_info_plugin_data(
            content[run][metadata.SESSION_END_INFO_TAG]
        ).status
        for run in ("0/logs", "1/logs")
    ]
    assert statuses == [1, 2]  # success, failure

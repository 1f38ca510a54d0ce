"""Tests of tfapp.report.run_report and of its section on training."""

from dataclasses import replace

import pytest

from tfapp.data.spec import Example
from tfapp.report.baselines import baseline_verdict, best_baseline
from tfapp.report.blocks import Columns, Fact, Section, Table
from tfapp.report.run_report import run_report
from tfapp.report.run_sections import RunFacts
from tfapp.report.training_section import training_section
from tfapp.tasks.results import Baseline, PrimaryMetric, Results

METRIC = PrimaryMetric("mse", "MSE", "MSE", better="lower", examples="series")


def results(value, *baselines):
    """Return results of forecasts with some baselines."""
    return Results(
        metric=METRIC,
        figures={"mse": value},
        calibration={},
        scores=Table(("key", "name", "score"), (), ""),
        headline=(Fact("MSE", f"{value}"), Fact("MAE", "0.4")),
        baselines=baselines,
    )


NAIVE, RIDGE = Baseline("seasonal naive", 0.5), Baseline("ridge", 0.3701, (0.36, 0.38))


def report(judged):
    """Return the report of a run."""
    examples = {"train": (Example("a", ""),), "validation": (), "test": ()}
    facts = RunFacts("ett", 1)
    chapters = [Section("Forecasts", "Against the truth.")]
    return run_report(facts, judged, examples, (), [("Found.", "Fix.")], chapters)


def test_sections_of_the_task_stand_between_those_of_the_run():
    """Without epochs and labels the page has neither curves nor classes."""
    found = report(results(0.36))
    assert [section.title for section in found.sections] == [
        "What to do next",
        "Forecasts",
        "Data",
        "Reproducibility",
    ]
    assert found.subtitle == "run 1"
    assert [fact.label for fact in found.headline] == ["MSE", "Trained on", "MAE"]
    assert found.sections[0].blocks[0].items == (("Found.", "Fix."),)


def test_baselines_stand_next_to_the_headline():
    """With their intervals, after the first figure."""
    _, naive, ridge, trained, _ = report(results(0.36, NAIVE, RIDGE)).headline
    assert (naive.label, naive.value, naive.detail) == (
        "Baseline seasonal naive",
        "0.5",
        "MSE",
    )
    assert (ridge.value, ridge.detail) == ("0.3701", "MSE; 95 % interval 0.36–0.38")
    assert trained.value == "1\u00a0series"


def test_a_network_that_loses_is_said_to_lose():
    """One plain sentence, before every other finding; none if it wins."""
    losing = results(0.3812, NAIVE, RIDGE)
    sentence = "The network loses to the baseline ridge: MSE 0.3812 against 0.3701."
    assert baseline_verdict(losing) == sentence
    items = report(losing).sections[0].blocks[0].items
    assert items[0][0] == sentence
    assert items[1] == ("Found.", "Fix.")
    unsure = replace(NAIVE, margin=(-0.3, 0.1))
    sentence = baseline_verdict(results(0.4, unsure))
    assert sentence == (
        "The network is not surely better than the baseline seasonal naive: MSE 0.4 "
        "against 0.5, a difference of \u22120.3 to +0.1."
    )
    unsure = replace(NAIVE, margin=(-0.1, 0.3))
    sentence = baseline_verdict(results(0.6, unsure))
    assert sentence == (
        "The network loses, though not surely, to the baseline seasonal naive: MSE 0.6 "
        "against 0.5, a difference of \u22120.1 to +0.3."
    )
    assert "no better" in baseline_verdict(results(0.5, NAIVE))
    for winning in (results(0.36, NAIVE, RIDGE), results(0.4, NAIVE), results(0.9)):
        assert baseline_verdict(winning) == ""
    assert best_baseline(METRIC, (NAIVE, RIDGE)) == RIDGE
    assert best_baseline(METRIC, ()) is None


@pytest.mark.parametrize(
    ("margin", "advice"), [((0.1, 0.3), "Use the"), ((-0.1, 0.3), "More test")]
)
def test_advice_behind_a_loss_follows_from_whether_it_is_sure(margin, advice):
    """A loss that may be chance is no reason to drop the network yet."""
    losing = results(0.6, replace(NAIVE, margin=margin))
    assert report(losing).sections[0].blocks[0].items[0][1].startswith(advice)


@pytest.mark.parametrize("history", [(), [{"phase": "head", "epochs": []}]])
def test_without_epochs_the_training_section_is_left_out(history):
    """An imported model can be reported too; so can a phase cut before an epoch."""
    assert training_section(history) is None


def test_one_epoch_is_enough():
    """A single epoch is described and drawn; rates and times are not."""
    epoch = {"loss": 1.0, "learning_rate": 0.01, "seconds": 2.0, "waiting_share": 0.0}
    history = [{"phase": "head", "epochs": [epoch], "best_epoch": 1}]
    section = training_section(history)
    assert section.lead == (
        "Head: 1\u00a0epoch, learning rate up to 0.01, weights of epoch 1 kept."
    )
    (columns,) = section.blocks
    assert isinstance(columns, Columns)
    (picture,) = columns.blocks
    assert picture.alt == "Loss over the epochs: training from 1 to 1."


def test_every_metric_has_a_chart():
    """The loss first, then what the task measures; not the losses of single outputs."""
    epoch = {"mae": 1.0, "loss": 2.0, "head_loss": 1.5, "val_mae": 1.1, "val_loss": 2.0}
    history = [{"phase": "t", "epochs": [epoch], "best_epoch": 0}]
    (columns,) = training_section(history).blocks
    assert [picture.alt.split()[0] for picture in columns.blocks] == ["Loss", "Mae"]

"""Tests of the verdict: each rule speaks when it should, and only then."""

import numpy as np
import pytest

from tfapp.problems.classification.metrics import classification_metrics
from tfapp.problems.classification.results import ClassAnswers, accuracy_metric
from tfapp.problems.classification.verdict import (
    classification_findings,
    confused_pairs,
)
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Table
from tfapp.report.run_report import findings_section
from tfapp.tasks.results import Results


def _results(confusion, *, confidence=0.9, temperature=1.0, **extra):
    """Results of answers that give a confusion matrix, equally sure of each."""
    confusion = np.array(confusion)
    num_classes = len(confusion)
    labels, predicted = _pairs(confusion)
    rest = (1 - confidence) / max(num_classes - 1, 1)
    probabilities = np.full((len(labels), num_classes), rest)
    probabilities[np.arange(len(labels)), predicted] = confidence
    names = tuple(f"c{i}" for i in range(num_classes))
    figures = {"ece_before": 0.0, "ece_after": 0.0, "validation": None}
    figures |= classification_metrics(labels, probabilities, names)
    return Results(
        metric=accuracy_metric("photos"),
        figures=figures | extra,
        calibration={"temperature": temperature},
        scores=Table((), (), ""),
        headline=(),
        evidence=ClassAnswers(names, labels, np.log(probabilities), probabilities),
    )


def _pairs(confusion):
    labels, predicted = (i.ravel() for i in np.indices(confusion.shape))
    return np.repeat(labels, confusion.ravel()), np.repeat(predicted, confusion.ravel())


def _recipe(**tables):
    """A recipe of which only some tables matter; its probabilities are raw."""
    plain = {
        "task": "image_classification",
        "data": {"path": "x"},
        "model": {"name": "small_cnn"},
        "export": {"calibrated": False},
    }
    return Recipe.model_validate(plain | tables)


def _shown(results, history=(), recipe=None):
    findings = classification_findings(results, history, recipe or _recipe())
    (items,) = findings_section(results, findings).blocks
    return items.items


def _text(results, history=(), recipe=None):
    shown = _shown(results, history, recipe)
    text = " ".join(f"{finding} {advice}" for finding, advice in shown)
    return text.replace("\u00a0", " ")


def _phase(
    training,
    validation,
    val_losses=(0.5, 0.4, 0.45),
    best_epoch=None,
    stopped_by="",
):
    epochs = [
        {"accuracy": training, "val_accuracy": validation, "val_loss": loss}
        for loss in val_losses
    ]
    described = {"phase": "head", "epochs": epochs, "best_epoch": best_epoch}
    return described | {"stopped_by": stopped_by}


GOOD = [[950, 50], [50, 950]]


def test_nothing_is_said_where_nothing_stands_out():
    """Good, balanced, honest figures give one line."""
    assert _text(_results(GOOD)).startswith("Nothing stands out.")


def test_perfect_answers_call_for_harder_data():
    """No mistakes at all is a reason for suspicion."""
    assert "Not one mistake." in _text(_results([[500, 0], [0, 500]]))


def test_sure_mistakes_call_for_a_look_at_the_labels():
    """Only mistakes at 99 % confidence count."""
    assert "100 mistakes were made with over 99 %" in _text(
        _results(GOOD, confidence=0.995)
    )
    assert "mistakes were made" not in _text(_results(GOOD, confidence=0.98))
    assert "1 mistake was made" in _text(_results([[1, 1], [0, 98]], confidence=0.995))


def test_the_most_confused_pair_is_named():
    """A pair behind a fifth of all mistakes, among three classes or more."""
    text = _text(_results([[90, 10, 0], [1, 99, 0], [0, 2, 98]]))
    assert "“c0” is taken for “c1” 10 times, 76.9 % of all mistakes." in text
    assert "is taken for" not in _text(_results(GOOD))


def test_classes_surely_below_the_rest_are_named_weakest_first():
    """The interval of the recall must lie below the accuracy."""
    text = _text(_results([[50, 50, 0], [0, 500, 0], [30, 0, 70]]))
    assert "Found less often than the rest: “c0” (50.0 %), “c2” (70.0 %)." in text
    assert "less often" not in _text(_results([[9, 1], [0, 10]]))


def test_a_gap_between_training_and_validation_is_told():
    """More than 5 points of accuracy at the kept epoch."""
    text = _text(_results(GOOD), [_phase(0.99, 0.90)])
    assert "Training accuracy is 9.0 points above validation accuracy." in text
    assert "above validation" not in _text(_results(GOOD), [_phase(0.96, 0.95)])


def test_a_phase_that_changed_nothing_is_not_judged():
    """Weights of a phase that kept its start come from the phase before."""
    history = [_phase(0.95, 0.95), _phase(0.99, 0.5, best_epoch=0)]
    assert "above validation" not in _text(_results(GOOD), history)


def test_weak_training_accuracy_is_told():
    """Below 90 % without a gap, the model is too weak."""
    text = _text(_results(GOOD), [_phase(0.7, 0.69)])
    assert "Training accuracy reaches only 70.0 %." in text


def test_losses_still_falling_call_for_more_epochs():
    """Only if the last epoch was clearly the best."""
    still = [_phase(0.96, 0.96, (0.5, 0.4, 0.3))]
    assert "still falling" in _text(_results(GOOD), still)
    for losses in ((0.5, 0.3, 0.4), (0.5, 0.3, 0.299), (0.5, 0.4)):
        history = [_phase(0.96, 0.96, losses)]
        assert "still falling" not in _text(_results(GOOD), history)


@pytest.mark.parametrize(
    ("accuracy", "losses", "advice"),
    [
        (0.7, (0.5, 0.4, 0.45), "It had more to learn: try a larger budget"),
        (0.95, (0.5, 0.4, 0.3), "It had more to learn: try a larger budget"),
        (0.95, (0.5, 0.4), "It had more to learn: try a larger budget"),
        (0.95, (0.5, 0.4, 0.45), "more time may gain little"),
    ],
)
def test_a_budget_that_ended_training_speaks_for_what_it_caused(
    accuracy, losses, advice
):
    """The model is not called weak, nor more epochs advised, for the budget's sake."""
    cut = _phase(accuracy, accuracy, losses, stopped_by="deadline")
    text = _text(_results(GOOD), [cut])
    said = f"The time budget ended phase “head” after {len(losses)} epochs. "
    assert said in text
    assert advice in text
    assert "reaches only" not in text
    assert "still falling" not in text
    assert "Nothing stands out" not in text


def test_praise_is_not_taken_back():
    """Without a mistake nothing is said against the training, budget or not."""
    for stopped_by in ("", "deadline"):
        phase = _phase(0.7, 0.6, (0.5, 0.4, 0.3), stopped_by=stopped_by)
        text = _text(_results([[500, 0], [0, 500]]), [phase])
        assert text.startswith("Not one mistake.")
        words = ("budget", "reaches only", "above validation", "still falling")
        assert not [word for word in words if word in text]


@pytest.mark.parametrize(
    ("temperature", "word"), [(2.0, "over-confident"), (0.5, "under-confident")]
)
def test_dishonest_probabilities_are_told(temperature, word):
    """The direction follows from the temperature."""
    errors = {"ece_before": 0.2, "ece_after": 0.01}
    results = _results(GOOD, temperature=temperature, **errors)
    text = f"The raw probabilities are {word}, by 20.0 points on average."
    assert text in _text(results)


def test_calibration_is_advised_only_where_it_helps_and_is_not_set():
    """Temperature 0.88 raised the error from 7.4 to 7.9 points: no advice."""
    worse = {"ece_before": 0.074, "ece_after": 0.079}
    assert "raw prob" not in _text(_results(GOOD, temperature=0.88, **worse))
    better = _results(GOOD, temperature=2.0, ece_before=0.2, ece_after=0.01)
    calibrated = _recipe(export={"calibrated": True})
    assert "export.calibrated" in _text(better)
    assert "Nothing stands out." in _text(better, recipe=calibrated)


def test_what_the_recipe_sets_is_not_advised():
    """Class weights, random changes and thawed layers that are there already."""
    rare = _results([[5, 5, 0], [0, 500, 0], [0, 0, 500]])
    assert "class_weights = balanced" in _text(rare)
    balanced = _recipe(task_options={"class_weights": "balanced"})
    assert "class_weights" not in _text(rare, recipe=balanced)
    common = _results([[250, 250, 0], [0, 500, 0], [0, 0, 500]])
    assert "Found less often" in _text(common)
    assert "class_weights" not in _text(common)

    gap = [_phase(0.99, 0.90)]
    assert "data.augmentation" in _text(_results(GOOD), gap)
    data = {"path": "x", "augmentation": {"flip": "horizontal"}}
    changed = _recipe(data=data, fine_tune={})
    advice = _shown(_results(GOOD), gap, changed)[0][1]
    assert advice == "The model memorises: use more data."
    thawed = _recipe(data=data, fine_tune={"thaw": {"from_layer": "top"}})
    history = [{**gap[0], "phase": "thaw"}]
    assert "or thaw fewer layers." in _text(_results(GOOD), history, thawed)

    weak = [_phase(0.7, 0.69, stopped_by="patience")]
    advice = _text(_results(GOOD), weak, _recipe(fine_tune={}))
    assert "stopped early: thaw layers, or choose" in advice
    assert "train longer" not in advice


@pytest.mark.parametrize(
    ("phases", "thaw", "advice"),
    [
        ([("head", 1)], False, "stopped early: thaw layers, or choose a larger"),
        ([("head", 1)], True, "stopped early: give it time to thaw layers, or"),
        ([("head", 1), ("thaw", 0)], True, "stopped early: choose a larger network"),
        ([("head", 1), ("thaw", 0), ("refit", 1)], True, "early: choose a larger"),
        ([("head", 1), ("thaw", 2)], True, "early: train longer, thaw more layers, or"),
    ],
)
def test_a_weak_network_is_not_told_to_do_what_was_in_vain(phases, thaw, advice):
    """An optimum learns nothing more; thawing that gained nothing is over."""
    tune = {"head": {"solver": "exact"}} | (
        {"thaw": {"from_layer": "x"}} if thaw else {}
    )
    history = [
        {**_phase(0.7, 0.69, best_epoch=best), "phase": name} for name, best in phases
    ]
    assert advice in _text(_results(GOOD), history, _recipe(fine_tune=tune))


def test_the_last_phase_decides_whether_training_was_cut_short():
    """A phase that its budget ended outweighs what its figures would say."""
    history = [_phase(0.7, 0.69, stopped_by="deadline"), _phase(0.7, 0.69)]
    assert "The time budget ended phase “head”" in _text(_results(GOOD), history)


def test_hard_training_examples_are_no_weakness():
    """Random changes lower the training accuracy, not that of the model."""
    assert "reaches only" not in _text(_results(GOOD), [_phase(0.85, 0.95)])


def test_statistics_that_lag_are_not_called_memory():
    """Validation that jumps while training holds has another cause than memory."""
    rows = [(0.90, 0.85), (0.95, 0.22), (0.98, 0.06)]
    epochs = [{"accuracy": a, "val_accuracy": v, "val_loss": 1.0} for a, v in rows]
    history = [{"phase": "train", "epochs": epochs, "best_epoch": 3}]
    text = _text(_results(GOOD), history)
    assert "memorises" not in text
    assert "Validation accuracy fell by 63.0 points from one epoch" in text
    assert "running statistics of batch normalisation" in text
    assert "ema_momentum" in text
    averaged = _recipe(training={"ema_momentum": 0.9})
    assert "ema_momentum" not in _text(_results(GOOD), history, averaged)


def test_over_confidence_is_not_blamed_on_the_labels():
    """A model that is wrong in every fourth sure answer knows little of labels."""
    text = _text(_results([[75, 25], [25, 75]], confidence=0.995))
    assert "mistakes were made" not in text


def test_a_class_with_few_test_examples_is_said_to_prove_nothing():
    """Fewer than five of a class, named with their number; of all, in one sentence."""
    some = _text(_results([[90, 0], [1, 2]]))
    assert some.startswith("The test split has fewer than 5 photos of “c1” (3): it")
    every = _text(_results([[3, 0], [0, 4]]))
    assert every.startswith("The test split has fewer than 5 photos of every class")
    assert "fewer than 5" not in _text(_results([[5, 0], [0, 5]]))


def test_few_examples_cannot_settle_the_accuracy():
    """An interval wider than 10 points is said to be so."""
    assert "20 photos cannot settle the accuracy." in _text(_results([[9, 1], [1, 9]]))


def test_at_most_five_findings():
    """A list of everything is a list of nothing."""
    history = [_phase(0.99, 0.5, (0.5, 0.4, 0.3))]
    results = _results(
        [[2, 8, 0], [0, 10, 0], [0, 0, 9]],
        confidence=0.999,
        temperature=2.0,
        ece_before=0.5,
        ece_after=0.1,
    )
    assert len(_shown(results, history)) == 5


def test_confused_pairs_are_ordered_and_leave_out_right_answers():
    """Pairs come with their count and the size of the true class."""
    pairs = confused_pairs(_results([[5, 1, 0], [3, 5, 0], [0, 0, 9]]).figures)
    assert pairs == (("c1", "c0", 3, 8), ("c0", "c1", 1, 6))

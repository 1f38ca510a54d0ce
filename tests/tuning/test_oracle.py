"""Keras Tuner's faults, each gone round."""

import json

import pytest

from tests.tuning.conftest import SMALL, table
from tfapp import recipes
from tfapp.tuning.oracles.durable import FACTS, WORST
from tfapp.tuning.oracles.grid import grid_values
from tfapp.tuning.oracles.making import make_oracle
from tfapp.tuning.oracles.median import is_hopeless
from tfapp.tuning.space import space_of

TUNERS = ["random", "bayesian", "hyperband", "grid"]


def oracle(written=None, **tuning):
    """Return an oracle of the toy recipe that keeps its snapshots in a list."""
    recipe = recipes.build(table(**tuning), "test")
    save = (lambda s: None) if written is None else written.append
    return make_oracle(space_of(recipe), recipe.tuning, 9, save)


def end(oracle, trial, score=None):
    """End a trial with a score, or failed without one."""
    facts = {"failure": "boom"} if score is None else {"score": score}
    trial.status = "FAILED" if score is None else "COMPLETED"
    trial.hyperparameters.values[FACTS] = json.dumps(facts)
    oracle.end_trial(trial)


def drive(oracle, count, score=lambda trial: 1.0):
    """Run some trials one after another; return their values."""
    values = []
    for _ in range(count):
        trial = oracle.create_trial("worker")
        if trial.status != "RUNNING":
            break
        values.append(dict(trial.hyperparameters.values))
        end(oracle, trial, score(trial))
    return values


def by_rate(trial):
    """Score a trial by its learning rate."""
    return abs(trial.hyperparameters.values["training.learning_rate"] - 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("tuner", TUNERS)
def test_restored_oracle_goes_on_as_if_nothing_had_happened(tuner):
    """Proposals after a restart equal those without one, whatever the tuner."""
    tuning = {"tuner": tuner, "trials": 12}
    tuning |= {"space": SMALL} if tuner == "bayesian" else {}
    whole = drive(oracle(**tuning), 12, by_rate)
    written = []
    drive(oracle(written, **tuning), 8, by_rate)
    text = json.dumps(written[-1])  # as on the disk
    second = oracle(**tuning)
    second.restore(json.loads(text), workers_live=False)
    assert drive(second, 12, by_rate) == whole[8:]
    assert len(whole) == 12


def test_trial_that_ended_last_is_not_run_again():
    """Keras Tuner saves it as running; the state written last knows better."""
    written = []
    first = oracle(written)
    drive(first, 2)
    for snapshot in written[-2:]:  # before and after it leaves the list
        second = oracle()
        second.restore(snapshot, workers_live=False)
        assert int(second.create_trial("worker").trial_id) == 2


def test_running_trials_are_given_out_again_in_order():
    """Of a search with three workers, one goes on with the trials of all."""
    written = []
    first = oracle(written)
    for worker in "abc":
        first.create_trial(worker)
    second = oracle()
    second.restore(written[-1], workers_live=False)
    ids = [int(second.create_trial(w).trial_id) for w in "xyz"]
    assert ids == [0, 1, 2]
    third = oracle()  # the workers of other machines still have theirs
    third.restore(written[-1], workers_live=True)
    assert int(third.create_trial("b").trial_id) == 1
    assert int(third.create_trial("new").trial_id) == 3


@pytest.mark.parametrize("tuner", TUNERS)
def test_equal_settings_never_run_twice(tuner):
    """A space of six points ends after six trials, the recipe's own among them."""
    space = {"training.optimizer": ["adamw", "sgd", "rmsprop"]}
    space["training.schedule"] = ["cosine", "constant"]
    values = drive(oracle(tuner=tuner, trials=50, space=space), 50)
    keys = ("training.optimizer", "training.schedule", "tuner/trial_id")
    settings = [tuple(v.get(key) for key in keys) for v in values]
    assert len(settings) == len(set(settings))
    assert {s[:2] for s in settings if s[2] is None} == {
        (f'"{o}"', f'"{s}"')
        for o in space["training.optimizer"]
        for s in space[keys[1]]
    }


def test_hyperband_has_its_last_round_although_trials_fail():
    """A failed trial counts as the worst; Keras Tuner would skip the round."""
    hyperband = oracle(tuner="hyperband", trials=60)
    failures = iter([False, True, False, True] + [False] * 100)
    values = drive(
        hyperband, 60, lambda t: None if next(failures) else by_rate(t) + 1.0
    )
    first = [v for v in values[1:] if v["tuner/bracket"] == 2]
    rounds = [v["tuner/round"] for v in first]
    assert rounds.count(2) == 1 or max(rounds) == 2
    assert all(v["tuner/trial_id"] for v in first if v["tuner/round"])
    failed = [t for t in hyperband.trials.values() if t.score == WORST]
    assert len(failed) == 2
    parents = {v.get("tuner/trial_id") for v in values}
    assert not parents & {t.trial_id for t in failed}


def test_many_failures_in_a_row_do_not_end_a_search():
    """Keras Tuner raises after three; a bad corner of a space is no such thing."""
    values = drive(oracle(trials=8), 8, lambda trial: None)
    assert len(values) == 8


def test_first_trial_is_the_recipe_and_conditions_hold():
    """Trial 0 has the recipe's values; a value counts only where its condition does."""
    values = drive(oracle(trials=30), 30)
    assert values[0]["training.learning_rate"] == 1e-3
    assert values[0]["training.optimizer"] == '"adamw"'
    for value in values:
        is_sgd = value["training.optimizer"] == '"sgd"'
        assert ("training.clip_norm" in value) == is_sgd


def test_point_that_only_stands_for_the_recipe_is_still_tried():
    """A recipe outside its grid does not take a point of the grid away."""
    space = {"training.optimizer": ["sgd", "rmsprop"]}
    values = drive(oracle(tuner="grid", trials=9, space=space), 9)
    assert [v["training.optimizer"] for v in values] == [
        '"sgd"',
        '"sgd"',
        '"rmsprop"',
    ]


def test_grid_values():
    """Ranges with a step have all of its values; others five, equal ones once."""
    space = oracle(
        space={
            "training.clip_norm": {"min": 0.1, "max": 0.5, "step": 0.1},
            "training.learning_rate": {"min": 1e-4, "max": 1.0, "log": True},
            "model.options.units": {"min": 8, "max": 64, "step": 2, "log": True},
            "training.epochs": {"min": 1, "max": 3},
        }
    ).hyperparameters
    values = {h.name: grid_values(h) for h in space.space}
    assert values["training.clip_norm"] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert values["training.learning_rate"] == pytest.approx(
        [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    )
    assert values["model.options.units"] == [8, 16, 32, 64]
    assert values["training.epochs"] == [1, 2, 3]


def test_median_rule():
    """Worse than the median of the means at that age is hopeless, and only then."""
    others = [{1: 1.0, 2: m} for m in (0.2, 0.4, 0.6, 0.8)]  # means 0.6 … 0.9
    assert is_hopeless({1: 2.0, 2: 0.76}, others)
    assert not is_hopeless({1: 2.0, 2: 0.74}, others)
    assert not is_hopeless({1: 9.0}, others)
    assert not is_hopeless({1: 9.0, 2: 9.0}, others[:3])
    assert not is_hopeless({1: 9.0, 2: 9.0, 3: 9.0}, others)


def test_trial_of_a_worker_that_was_only_slow_ends_once():
    """Taken for lost, its trial is given to another; whoever reports first counts."""
    slow = oracle(trials=3)
    trial = slow.create_trial("slow")
    slow.give_up("slow")
    end(slow, trial, 1.0)
    assert int(slow.create_trial("other").trial_id) == 1
    second = slow.create_trial("slow")
    slow.give_up("slow")
    assert slow.create_trial("third").trial_id == second.trial_id
    end(slow, second, 1.0)
    end(slow, second, 2.0)
    assert slow.end_order == ["0", "2"]
    assert slow.trials["2"].score == 1.0
    assert list(slow.ongoing_trials) == ["other"]

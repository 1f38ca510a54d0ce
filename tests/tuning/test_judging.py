"""What the best settings are worth on the test split."""

import pytest

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.recipes.tuning import Dimension
from tfapp.tuning import judging
from tfapp.tuning.records import History, TrialRecord
from tfapp.tuning.space import Space

KEY = "training.weight_decay"
QUIET = Reporter(quiet=True)


def record(number, decay, score):
    """Return a finished trial."""
    facts = {"value": score, "score": score, "monitor": "val_loss", "rounds": 1}
    return TrialRecord(number, {KEY: decay}, "complete", **facts)


@pytest.fixture
def space():
    """A space of one key around the recipe that `fake_run` writes."""
    table = {"name": "toy", "task": "image_classification"}
    table |= {"data": {"path": "photos"}, "model": {"name": "transfer"}}
    recipe = recipes.build(table, "test")
    return Space(recipe, {KEY: Dimension(min=0.0, max=1.0)})


def test_both_are_trained_with_the_same_seeds_and_compared(
    space, fake_run, tmp_path, monkeypatch
):
    """Six runs, paired by test example; those that are there are not repeated."""
    ran = []

    def run(recipe, run, saved_models):
        ran.append((run.name, recipe.seed, recipe.training.weight_decay))
        correct = [1] * 30 + [0] * 10 if run.name == "toy_own" else [1] * 38 + [0] * 2
        overrides = [f"{KEY}={recipe.training.weight_decay}"]
        root, number = tmp_path / "runs", run.number
        fake_run(root, run.name, number, correct, overrides, seed=recipe.seed)

    monkeypatch.setattr(judging, "_run", run)
    history = History((record(0, 0.0, 0.5), record(1, 0.5, 0.3)), (0, 1))
    places = (tmp_path / "runs", tmp_path / "saved_models", QUIET)
    comparison = judging.judge(space, history, 3, *places)
    assert sorted(ran) == [("toy_best", seed, 0.5) for seed in range(3)] + [
        ("toy_own", seed, 0.0) for seed in range(3)
    ]
    assert [len(group.records) for group in comparison.groups] == [3, 3]
    lines = "\n".join(judging.verdict_lines(comparison)).replace("\u00a0", " ")
    assert "best settings: accuracy 95.00 ± 0.00 % on the test split" in lines
    assert "the recipe itself: accuracy 75.00" in lines
    assert "difference: +20.00 points" in lines
    assert lines.endswith("real")
    table, verdict = judging.verdict_blocks(comparison)
    assert {row[0] for row in table.rows} == {"best settings", "the recipe itself"}
    assert verdict.text.startswith("Difference: +20.00")
    judging.judge(space, history, 3, *places)
    assert len(ran) == 6
    more = History((*history.trials, record(2, 0.7, 0.2)), (0, 1, 2))
    judging.judge(space, more, 1, *places)  # other settings are other runs
    assert ran[6:] == [("toy_best", 0, 0.7)]


def test_nothing_better_is_nothing_to_judge(space, tmp_path):
    """If the recipe itself is best, or nothing has a score, that is said."""
    for history in (History(()), History((record(0, 0.0, 0.1), record(1, 0.5, 0.3)))):
        with pytest.raises(ConfigError, match="nothing to judge"):
            judging.judge(space, history, 3, tmp_path, tmp_path, QUIET)

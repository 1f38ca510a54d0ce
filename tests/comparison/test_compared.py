"""Tests of tfapp.comparison.compared and run_groups."""

from pathlib import Path

import pytest

from tfapp.base.errors import ConfigError
from tfapp.comparison.compared import compare_records
from tfapp.comparison.record import Row, RunRecord
from tfapp.domains.images.segmentation.results import METRIC as SEGMENTATION
from tfapp.problems.classification.results import accuracy_metric
from tfapp.tasks.results import Baseline


def record(
    name,
    correct,
    *,
    seed=0,
    limit=0,
    test="t",
    classes="ab",
    task="image_classification",
    baselines=(),
    **recipe,
):
    """Return a run with one answer per entry of `correct`."""
    rows = {
        f"{test}{i}": Row(
            f"{test}/{i}.png",
            float(bool(ok)),
            1.0,
            {"label": "a", "predicted": "a" if ok else "b", "loss": f"{2 - i}"},
        )
        for i, ok in enumerate(correct)
    }
    accuracy = sum(map(bool, correct)) / len(correct)
    return RunRecord(
        folder=Path("runs") / name / str(seed + 1),
        recipe={
            "name": name,
            "task": task,
            "seed": seed,
            "data": {"limit": limit},
            **recipe,
        },
        metric=SEGMENTATION if task == "segmentation" else accuracy_metric("images"),
        figures={
            "accuracy": accuracy,
            "macro_f1": accuracy,
            "log_loss": 0.5 + seed,
            "expected_calibration_error": 0.1,
            "seconds": 60.0,
        },
        labels=tuple(classes),
        rows=rows,
        baselines=baselines,
        trained_on=2 * (limit or 50),
        parameters=10,
    )


RIGHT = [1] * 40
HALF = [1, 0] * 20


def test_runs_that_differ_only_in_the_seed_are_one_group():
    """Means and standard deviations are over the seeds."""
    found = compare_records(
        [
            record("good", RIGHT, options=1),
            record("bad", HALF, options=2),
            record("good", [0] * 4 + [1] * 36, seed=1, options=1),
        ]
    )
    assert [(g.name, len(g.records)) for g in found.groups] == [("good", 2), ("bad", 1)]
    good = found.groups[0]
    assert good.scores.mean == pytest.approx(0.95)
    assert good.scores.spread == pytest.approx(0.1 / 2**0.5)
    assert good.figure("log_loss") == pytest.approx((1.0, 0.5**0.5))
    assert sorted(good.scores.examples)[:5] == [0.5] * 4 + [1.0]
    assert good.interval[0] < 0.95 < good.interval[1]
    assert found.best == 0
    assert found.keys == ("options",)
    assert len(found.records) == 3


def test_differences_are_seen_from_either_side():
    """The best has none; the others are below it."""
    found = compare_records([record("bad", HALF, o=1), record("good", RIGHT, o=2)])
    (pair,) = found.pairs
    assert (pair.estimate.difference, pair.real, pair.estimate.paired) == (
        0.5,
        True,
        True,
    )
    assert found.best == 1
    assert found.to_best(1) is None
    seen = found.to_best(0)
    assert (seen.first, seen.second) == (1, 0)
    assert seen.estimate.difference == -0.5
    assert (seen.estimate.low, seen.estimate.high) == (
        -pair.estimate.high,
        -pair.estimate.low,
    )
    assert pair.seen_from(1) is pair


def test_many_comparisons_raise_the_p_values():
    """What is real alone may be chance among six pairs."""
    one = [0] * 8 + [1] * 32
    alone = compare_records([record("a", RIGHT, o=1), record("b", one, o=2)])
    assert alone.pairs[0].real
    assert alone.pairs[0].corrected == alone.pairs[0].estimate.p_value
    many = compare_records(
        [record("a", RIGHT, o=1), *(record(f"b{i}", one, o=2 + i) for i in range(3))]
    )
    assert len(many.pairs) == 6
    for pair in many.pairs:
        assert pair.corrected >= pair.estimate.p_value
    assert many.pairs[0].corrected == pytest.approx(
        6 * many.pairs[0].estimate.p_value, 0.2
    )


def test_comparisons_with_the_best_are_fewer():
    """Beside the best, p-values are raised for its rivals, not for all pairs."""
    one = [0] * 8 + [1] * 32
    many = compare_records(
        [record("a", RIGHT, o=1), *(record(f"b{i}", one, o=2 + i) for i in range(3))]
    )
    assert many.best == 0
    beside, among_all = many.to_best(1), many.pairs[0]
    assert beside.estimate.p_value == among_all.estimate.p_value
    assert beside.corrected == pytest.approx(3 * beside.estimate.p_value)
    assert beside.corrected < among_all.corrected
    two = compare_records([record("a", RIGHT, o=1), record("b", HALF, o=2)])
    assert two.to_best(1).corrected == two.pairs[0].corrected


def test_other_test_sets_are_compared_unpaired_and_it_is_said():
    """By content, not by path or number."""
    found = compare_records([record("a", RIGHT, o=1), record("b", HALF, o=2, test="u")])
    (pair,) = found.pairs
    assert not pair.estimate.paired
    assert pair.real
    assert found.common == 0
    assert found.missed == ()
    assert any("different test sets" in note for note in found.notes)


def test_seeds_with_test_sets_of_their_own_are_pooled():
    """A group may be tested on several sets; every example counts once."""
    found = compare_records(
        [
            record("a", RIGHT),
            record("a", HALF, seed=1, test="u"),
            record("b", HALF, o=1),
        ]
    )
    group = found.groups[0]
    assert len(group.tested) == 80
    assert not group.on_one_test_set
    assert group.scores.examples.mean() == 0.75
    assert not found.pairs[0].estimate.paired
    assert any("tested on different images" in note for note in found.notes)


def test_examples_that_every_run_gets_wrong_are_listed():
    """The largest loss first; one run that is right takes an example off the list."""
    found = compare_records(
        [record("a", [0, 0, 1, 0]), record("b", [0, 1, 0, 0], o=1)],
    )
    assert [(m.name, *m.texts) for m in found.missed] == [
        ("t/0.png", "a", "b"),
        ("t/3.png", "a", "b"),
    ]
    assert found.missed[0].to_json()["loss"] == 2.0
    assert found.common == 4


def test_sizes_make_learning_curves():
    """Two recipes at two sizes: two lines; a single size: none."""
    runs = [record(name, HALF, limit=n, o=name) for name in "ab" for n in (100, 10)]
    found = compare_records(runs)
    assert [line.members for line in found.lines] == [(1, 0), (3, 2)]
    assert compare_records(runs[::2]).lines == ()


def test_a_single_run_is_compared_with_nothing():
    """No pair, no difference, and a note on the one run."""
    found = compare_records([record("a", HALF)], ["A note."])
    assert found.pairs == ()
    assert found.to_best(0) is None
    assert found.notes[0] == "A note."
    assert found.notes[1].startswith("Every group has a single run")


def test_other_tasks_and_classes_are_refused():
    """Nothing can be said about runs that answer different questions."""
    with pytest.raises(ConfigError, match="'segmentation', with the main figure 'Pix"):
        compare_records([record("a", HALF), record("b", HALF, task="segmentation")])
    with pytest.raises(ConfigError, match=r"'a', 'b', 'c', … \(4 classes\), runs"):
        compare_records([record("a", HALF), record("b", HALF, classes="abcd")])


def test_baselines_stand_once_and_beat_who_loses_to_them():
    """The best first; one sentence names the groups below it."""
    simple = Baseline("nearest mean", 0.6, (0.5, 0.7)), Baseline("majority", 0.3)
    found = compare_records(
        [
            record("good", RIGHT, o=1, baselines=simple[::-1]),
            record("bad", HALF, o=2, baselines=simple),
            record("elsewhere", HALF, o=3, test="u", baselines=[Baseline("x", 1.0)]),
        ]
    )
    assert found.baselines == simple
    assert found.notes[0] == (
        "The baseline nearest mean, accuracy 60.0\u00a0%, beats “bad” (50.0\u00a0%), "
        "“elsewhere” (50.0\u00a0%): use the simple method, or improve these."
    )
    assert found.to_json()["baselines"][0]["interval"] == (0.5, 0.7)
    good = compare_records([record("good", RIGHT, baselines=simple)])
    assert not any("beats" in note for note in good.notes)

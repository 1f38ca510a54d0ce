"""The exact head: its optimum, its folds, and what a run makes of it."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tests.training.conftest import make_dataset, make_model
from tests.training.test_trainer import make_job, snapshot, train
from tfapp.base.errors import ConfigError
from tfapp.data.spec import Example
from tfapp.layers.logistic_regression import log_loss
from tfapp.recipes.config import HeadPhase
from tfapp.training.loop.deadline import Deadline
from tfapp.training.trainer import Trainer
from tfapp.training.transfer import exact_head
from tfapp.training.transfer.exact_head import (
    STRENGTHS,
    ExactHead,
    HeadData,
    labels_of,
)
from tfapp.training.transfer.folds import folds, units_of_learned

EXACT = {"head": {"solver": "exact"}}
RNG = np.random.default_rng(0)
MEANS = RNG.normal(size=(2, 6))


def drawn(count):
    """Return features and labels of two classes that overlap."""
    labels = np.arange(count) % 2
    return (MEANS[labels] + RNG.normal(size=(count, 6))).astype("float32"), labels


def head(*units):
    """Return a head of dense layers."""
    inputs = x = keras.Input((6,))
    for size in units:
        x = keras.layers.Dense(size)(x)
    return keras.Model(inputs, x)


def data(views=1, held=30, **options):
    """Return data of a head, further views with noise."""
    (rows, labels), (held_rows, held_labels) = drawn(60), drawn(held)
    noisy = [rows + RNG.normal(0, 0.1, rows.shape) for _ in range(views - 1)]
    return HeadData([rows, *noisy], labels, held_rows, held_labels, **options)


@pytest.mark.slow
@pytest.mark.parametrize("views", [1, 2])
def test_everything_is_learned_from(views):
    """Validation examples too; their figures come from heads without them."""
    given = data(views)
    exact = ExactHead(head(2), given, everything=True)
    row = {**exact.advance(), **exact.score()}
    assert row["strength"] == exact.strength in STRENGTHS
    held_out = exact.held_out_logits()
    assert held_out.shape == (30, 2)
    loss = log_loss(held_out, given.held_labels).mean()
    assert row["val_loss"] == pytest.approx(loss)
    seen = exact.head.predict(given.held_out, verbose=0)
    assert log_loss(seen, given.held_labels).mean() < loss
    assert not np.allclose(seen, held_out, atol=1e-3)


def test_tags_are_learned_one_by_one():
    """Rows of 0 and 1 become a sigmoid each; figures are those of the tags."""
    (rows, labels), (held_rows, held) = drawn(60), drawn(30)
    tags, held_tags = (np.stack([x, 1 - x, 0 * x], 1) for x in (labels, held))
    given = HeadData([rows, rows + 0.1], tags, held_rows, held_tags)
    exact = ExactHead(head(3), given, everything=True)
    row = {**exact.advance(), **exact.score()}
    logits = exact.held_out_logits()
    assert row["val_loss"] == pytest.approx(log_loss(logits, held_tags).mean())
    right = ((logits > 0) == held_tags).mean()
    assert row["val_accuracy"] == pytest.approx(right)
    assert right > 0.7
    losses, shares = exact.cross_validated()
    assert losses.shape == shares.shape == (90,)


def test_folds_spread_rare_tags():
    """A tag of five examples is in every fold, whatever else these have."""
    tags = np.zeros((60, 2), int)
    tags[:40, 0] = 1
    tags[[0, 1, 2, 50, 51], 1] = 1
    fold = folds(tags)
    assert sorted(fold[tags[:, 1] == 1]) == [0, 1, 2, 3, 4]
    assert max(np.bincount(fold)) - min(np.bincount(fold)) <= 1


def test_other_answers_have_no_exact_head():
    """Numbers are refused with the way out."""

    class Numbers:
        examples = {"train": ()}

        def targets(self, examples):
            return np.array([[0.5, 1.0]])

    with pytest.raises(ConfigError, match="is for classes and tags"):
        labels_of(Numbers(), "train")


def test_before_thawing_validation_examples_only_judge():
    """They choose the penalty and give the figures of the very weights."""
    given = data()
    exact = ExactHead(head(2), given, everything=False)
    exact.advance()
    seen = exact.head.predict(given.held_out, verbose=0)
    np.testing.assert_allclose(exact.held_out_logits(), seen, atol=1e-5)
    others = data()
    assert exact.strength in STRENGTHS
    assert not np.array_equal(others.views[0], given.views[0])


@pytest.mark.parametrize("everything", [True, False])
def test_the_optimum_of_the_strength_that_suits_best(monkeypatch, everything):
    """Chosen roughly, then fitted exactly; weaker penalties than needed are not."""
    tried = []
    whole = exact_head.fit_path

    def watched(*arguments, **options):
        for model in whole(*arguments, **options):
            tried.append(model.strength)
            yield model

    monkeypatch.setattr(exact_head, "fit_path", watched)
    (rows, labels), (others, answers) = drawn(60), drawn(300)
    noise = np.random.default_rng(1)
    rows, others = (x + noise.normal(0, 2, x.shape) for x in (rows, others))
    given = HeadData([rows], labels, others, answers)
    exact = ExactHead(head(2), given, everything=everything)
    exact.advance()
    place = STRENGTHS.index(exact.strength)
    assert 0 < place < len(STRENGTHS) - 2  # the middle is what suits such data
    assert set(tried) == set(STRENGTHS[: place + 2])
    if everything:
        rows, labels = np.concatenate([rows, others]), np.append(labels, answers)
    path = whole(rows, labels, 2, [exact.strength], standardize=False)
    np.testing.assert_allclose(exact.dense.weights[0], next(path).weights, atol=1e-5)


def test_without_time_the_first_head_stays(tmp_path, dataset):
    """Folds take five times as long as it did: what is late is left out, and said."""
    tables = {**EXACT, "thaw": {"from_layer": "block2_conv"}}
    trainer = train(
        tmp_path, make_model(), dataset, Deadline(minutes=1e-6), fine_tune=tables
    )
    assert [phase.phase for phase in trainer.job.loop.phases] == ["head"]
    assert "phase 'refit' left out" in trainer.job.loop.notes[-1]
    logits = trainer.logits("validation")
    assert len(logits) == len(dataset.examples["validation"])


def test_without_validation_examples_folds_choose():
    """No figures of a split that is empty."""
    exact = ExactHead(head(2), data(held=0), everything=True)
    assert exact.advance()["accuracy"] > 0.7
    assert exact.score() is None
    assert exact.held_out_logits().shape == (0, 2)


def test_class_weights_move_the_boundary():
    """A heavy class is found more often."""
    found = []
    for weight in (None, {0: 0.2, 1: 1.8}):
        given = data(class_weight=weight)
        exact = ExactHead(head(2), given, everything=True)
        exact.advance()
        logits = exact.head.predict(given.views[0], verbose=0)
        found.append((logits.argmax(axis=1) == 1).mean())
    assert found[1] > found[0] + 0.1


@pytest.mark.parametrize("units", [(4, 2), (1,)])
def test_other_heads_are_refused(units):
    """Hidden layers and a single logit have no such optimum."""
    with pytest.raises(ConfigError, match="needs a head of one dense layer"):
        ExactHead(head(*units), data(), everything=True)


def test_it_needs_stored_features():
    """A head that sees images anew in every epoch cannot be solved."""
    with pytest.raises(ValueError, match="set `views` to 1 or more"):
        HeadPhase(solver="exact", views=0)


def test_folds_hold_every_class_evenly():
    """No fold lacks a class of five; single examples are spread over the folds."""
    labels = np.array([0] * 50 + [1] * 5 + [2, 3, 4, 5])
    fold = folds(labels)
    assert np.bincount(fold[:50]).tolist() == [10] * 5
    assert sorted(fold[50:55]) == [0, 1, 2, 3, 4]
    assert len(set(fold[55:])) == 4


def test_near_copies_share_a_fold():
    """A head is never judged on the copy of an image that it has learned from."""
    labels, units = np.arange(40) % 2, np.repeat(np.arange(20), 2)
    fold = folds(labels, units)
    assert (fold[::2] == fold[1::2]).all()
    assert np.bincount(fold).tolist() == [8] * 5


def test_units_follow_groups_and_near_copies():
    """In the order of training and validation examples."""
    train = [Example("a", near=("d",)), Example("b", group="x"), Example("c")]
    held_out = [Example("d", near=("a",)), Example("e", group="x")]
    dataset = SimpleNamespace(examples={"train": train, "validation": held_out})
    a, b, c, d, e = units_of_learned(dataset)
    assert (a, b) == (d, e)
    assert len({a, b, c}) == 3


@pytest.mark.slow
def test_a_run_ends_with_an_exact_head(tmp_path):
    """One fit in the history, held-out validation logits, and a run to resume."""
    dataset, model = make_dataset(), make_model()
    trainer = train(tmp_path, model, dataset, fine_tune=EXACT)
    (phase,) = trainer.job.loop.phases
    assert (len(phase.epochs), phase.best_epoch) == (1, 1)
    assert "validation examples too" in trainer.job.loop.notes[0]
    held_out = trainer.logits("validation")
    assert held_out.shape == (12, 2)
    assert (
        trainer.logits("test").argmax(1) == dataset.targets(dataset.examples["test"])
    ).all()
    fresh = make_model()
    again = Trainer(make_job(tmp_path, fresh, dataset, fine_tune=EXACT))
    again.train()
    for path, value in snapshot(model).items():
        np.testing.assert_allclose(snapshot(fresh)[path], value, atol=1e-6)
    np.testing.assert_allclose(again.logits("validation"), held_out, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [1e-12, 0.01])
def test_a_head_is_refitted_if_nothing_was_thawed_for_good(tmp_path, rate):
    """After a thaw that did not help, the head learns from everything."""
    dataset, model = make_dataset(), make_model()
    thaw = {"from_layer": "block2_conv", "epochs": 1, "learning_rate": rate}
    trainer = train(tmp_path, model, dataset, fine_tune=EXACT | {"thaw": thaw})
    names = [phase.phase for phase in trainer.job.loop.phases]
    helped = trainer.job.loop.phases[1].best_epoch > 0
    assert names == ["head", "thaw"] + ([] if helped else ["refit"])
    assert trainer.features("train").shape == (24, 4)
    assert trainer.logits("validation").shape == (12, 2)

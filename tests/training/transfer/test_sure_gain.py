"""Thawing is kept if validation examples are surely better off, else taken back."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest

from tests.training.conftest import make_dataset, make_model
from tests.training.test_trainer import changed, make_job, snapshot
from tfapp.base.errors import ConfigError
from tfapp.problems.classification.learning import class_learning
from tfapp.recipes import build
from tfapp.training.trainer import Trainer
from tfapp.training.transfer.sure_gain import in_standard_errors


def fine_tune(margin):
    """Return the table of a thaw that learns quickly."""
    thaw = {"from_layer": "block2_conv", "epochs": 2, "learning_rate": 0.01}
    return {"head": {"solver": "exact"}, "thaw": thaw | {"margin": margin}}


@pytest.mark.slow
@pytest.mark.parametrize(("margin", "kept"), [(0.5, True), (1e9, False)])
def test_an_unsure_gain_is_taken_back(tmp_path, margin, kept):
    """The extractor is as it was, the head is fitted again, and a note says so."""
    dataset, model = make_dataset(), make_model()
    before = snapshot(model)
    trainer = Trainer(make_job(tmp_path, model, dataset, fine_tune=fine_tune(margin)))
    trainer.train()
    loop = trainer.job.loop
    names = [phase.phase for phase in loop.phases]
    assert names == ["head", "thaw"] + ([] if kept else ["refit"])
    assert bool(loop.phases[1].best_epoch) == kept
    blocks = [path for path in changed(model, before) if "block" in path]
    assert bool(blocks) == kept
    said = [note for note in loop.notes if "phase 'thaw' taken back: the log" in note]
    assert len(said) == (not kept)
    if not kept:
        assert loop.phases[1].best == loop.phases[0].best
        again = Trainer(
            make_job(tmp_path, make_model(), dataset, fine_tune=fine_tune(margin))
        )
        again.train()  # reads the phases back, and decides alike
        np.testing.assert_allclose(
            again.logits("test"), trainer.logits("test"), atol=1e-4
        )


@pytest.mark.parametrize(
    ("margin", "beside", "kept"),
    [(0.5, True, True), (1e9, True, False), (1e9, False, True)],
)
def test_an_unsure_gain_over_a_solution_is_taken_back(tmp_path, margin, beside, kept):
    """What training from scratch began with is the answer again."""
    dataset, model = make_dataset(), make_model()
    if beside:  # the solution answers 0
        outputs = {"logits": model.output * 1.0, "network": model.output}
        model = keras.Model(model.input, outputs)
    before = snapshot(model)
    training = {"epochs": 3, "learning_rate": 0.01}
    job = make_job(tmp_path, model, dataset, training=training)
    learned = partial(class_learning, 0.0)
    task = replace(job.task, learning=learned, monitor="val_loss", margin=margin)
    trainer = Trainer(replace(job, task=replace(task, mode="min")))
    trainer.train()
    (phase,) = trainer.job.loop.phases
    assert bool(phase.best_epoch) == kept
    kernels = [path for path in changed(model, before) if "kernel" in path]
    assert bool(kernels) == kept
    if not kept:
        # The logits were 0: half of the answers are right by chance.
        assert phase.best == pytest.approx(np.log(2), abs=1e-4)


def test_means_in_standard_errors():
    """Against numbers worked out by hand."""
    assert in_standard_errors(np.array([0.0, 2.0])) == pytest.approx(1.0)
    assert in_standard_errors(np.array([-3.0, -1.0])) == pytest.approx(-2.0)
    assert in_standard_errors(np.zeros(3)) == 0.0
    assert in_standard_errors(np.full(3, -0.5)) == -np.inf


def test_a_margin_needs_an_exact_head():
    """A head by gradients has nothing to compare with."""
    table = {
        "task": "image_classification",
        "data": {"path": "digits"},
        "model": {"name": "transfer"},
        "fine_tune": {"thaw": {"from_layer": "x", "margin": 1.0}},
    }
    with pytest.raises(ConfigError, match="`thaw.margin` compares with an exact head"):
        build(table, where="recipe")

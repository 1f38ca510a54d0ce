"""Which weights learn in which phase, and what is kept."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.training.conftest import make_dataset, make_model
from tfapp.base.errors import ModelError, TrainingError
from tfapp.base.reporter import Reporter
from tfapp.data.arrays import Column
from tfapp.data.spec import Pass
from tfapp.recipes.config import Recipe
from tfapp.tasks import get_task
from tfapp.training.job import TrainingJob
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.optimizers import make_optimizer
from tfapp.training.trainer import Trainer
from tfapp.training.transfer.fine_tuning import FineTuning

HEAD = {"head": {"epochs": 5, "learning_rate": 0.05}}
THAW = HEAD | {
    "thaw": {"from_layer": "block2_conv", "epochs": 2, "learning_rate": 0.01}
}


def make_job(tmp_path, model, dataset, deadline=None, **tables):
    """Return the job that a recipe of the given tables describes."""
    recipe = Recipe.model_validate(
        {
            "task": "image_classification",
            "model": {"name": "small_cnn"},
            "data": {"path": "digits", "batch_size": 4},
            **tables,
        }
    )
    loop = TrainingLoop(
        tmp_path / "run",
        Reporter(quiet=True),
        deadline or Deadline(),
        recipe.training.patience,
    )
    task = get_task("image_classification")
    return TrainingJob(model, dataset, task, recipe, loop, tmp_path / "cache")


def train(tmp_path, model, dataset, deadline=None, **tables):
    """Train a recipe of the given tables and return its trainer."""
    trainer = Trainer(make_job(tmp_path, model, dataset, deadline, **tables))
    trainer.train()
    return trainer


def changed(model, before):
    """Return the paths of the weights that differ from before."""
    return {
        w.path for w in model.weights if not np.array_equal(w.numpy(), before[w.path])
    }


def snapshot(model):
    """Return every weight's value by path."""
    return {w.path: w.numpy() for w in model.weights}


def validation_loss(model, trainer, dataset):
    """Return the loss of the kept weights, by a fresh evaluation."""
    learning = trainer.job.task.learning(model, dataset.info)
    model.compile(**learning.compile_arguments())
    batches = dataset.batches(dataset.examples["validation"], Pass())
    found = model.evaluate(batches, verbose=0, return_dict=True)
    return found["loss"]


def names(paths):
    """Return the last two parts of weight paths."""
    return {"/".join(path.split("/")[-2:]) for path in paths}


@pytest.mark.slow
def test_head_phase_changes_the_head_alone(tmp_path, model, dataset):
    """Phase 1 changes exactly the head's weights and its standardisation."""
    before = snapshot(model)
    trainer = train(tmp_path, model, dataset, fine_tune=HEAD)
    assert names(changed(model, before)) == {
        "logits/kernel",
        "logits/bias",
        "standardize/mean",
        "standardize/deviation",
    }
    assert trainer.job.loop.phases[0].trained_weights == 4 * 2 + 2


@pytest.mark.slow
@pytest.mark.parametrize("views", [0, 1])
def test_head_learns_with_and_without_stored_features(tmp_path, dataset, views):
    """Both ways of phase 1 tell bright from dark."""
    fine_tune = {"head": {"epochs": 5, "learning_rate": 0.05, "views": views}}
    trainer = train(tmp_path, make_model(), dataset, fine_tune=fine_tune)
    logits = trainer.logits("test")
    assert np.mean(logits.argmax(1) == dataset.targets(dataset.examples["test"])) == 1.0


@pytest.mark.slow
def test_thaw_phase_changes_the_named_layers_and_no_statistics(
    tmp_path, model, dataset
):
    """Phase 2 changes layers from `from_layer` on, and no batch norm to the bit."""
    before = snapshot(model)
    trainer = train(tmp_path, model, dataset, fine_tune=THAW)
    assert trainer.job.loop.phases[1].best_epoch > 0
    assert names(changed(model, before)) == {
        "logits/kernel",
        "logits/bias",
        "standardize/mean",
        "standardize/deviation",
        "block2_conv/kernel",
        "block2_conv/bias",
    }


@pytest.mark.slow
def test_thaw_phase_may_have_an_optimizer_of_its_own(
    tmp_path, model, dataset, monkeypatch
):
    """Each phase steps with the optimizer that its recipe names."""
    built = []

    def spy(*arguments):
        built.append(type(make_optimizer(*arguments)).__name__)
        return make_optimizer(*arguments)

    monkeypatch.setattr("tfapp.training.phase.make_optimizer", spy)
    tables = {"fine_tune": {**HEAD, "thaw": {**THAW["thaw"], "optimizer": "sgd"}}}
    train(tmp_path, model, dataset, training={"optimizer": "rmsprop"}, **tables)
    assert built == ["LayerwiseRMSprop", "LayerwiseSGD"]


@pytest.mark.slow
def test_features_and_images_give_the_same_logits(tmp_path, model, dataset):
    """Logits from stored features equal those of the whole model."""
    trainer = train(tmp_path, model, dataset, fine_tune=HEAD)
    stored = trainer.logits("test")
    trainer.method.features = None
    np.testing.assert_allclose(stored, trainer.logits("test"), atol=1e-5)


@pytest.mark.slow
def test_after_thawing_the_whole_network_answers(tmp_path, model, dataset):
    """What an earlier run stored is of the extractor as it was, and is not used."""
    train(tmp_path, make_model(), dataset, fine_tune=HEAD).logits("test")
    shutil.rmtree(tmp_path / "run")
    trainer = train(tmp_path, model, dataset, fine_tune=THAW)
    assert trainer.job.loop.phases[1].best_epoch > 0
    expected = model.predict(
        dataset.batches(dataset.examples["test"], Pass()), verbose=0
    )
    np.testing.assert_allclose(trainer.logits("test"), expected, atol=1e-5)


def test_layer_decay_slows_the_lower_layers(tmp_path, model, dataset):
    """The rate of a layer falls by the factor for every kernel above it."""
    thaw = {"from_layer": "block1_conv", "epochs": 1, "layer_decay": 0.25}
    job = make_job(tmp_path, model, dataset, fine_tune=HEAD | {"thaw": thaw})
    _, thawed = FineTuning(job, job.recipe.fine_tune).phases()
    factors = thawed.plan.rate_factors.items()
    by_layer = {path.split("/")[-2]: factor for path, factor in factors}
    assert by_layer == {"block1_conv": 0.25, "block2_conv": 1.0}


@pytest.mark.slow
def test_rate_factors_reach_the_optimizer(tmp_path, model, dataset):
    """A layer whose rate is next to nothing hardly moves; that above it does."""
    thaw = {"from_layer": "block1_conv", "epochs": 2, "learning_rate": 0.01}
    tables = HEAD | {"thaw": thaw | {"layer_decay": 1e-9}}
    before = snapshot(model)
    train(tmp_path, model, dataset, fine_tune=tables)
    moved = {
        path.split("/")[-2]: np.abs(value - before[path]).max()
        for path, value in snapshot(model).items()
        if path.endswith("kernel")
    }
    assert moved["block1_conv"] < 1e-6
    assert moved["block2_conv"] > 1e-3


@pytest.mark.slow
def test_head_gets_a_third_of_the_time_before_a_thaw(tmp_path, dataset):
    """Without a thaw the head may take all of it."""
    for fine_tune, seconds in ((THAW, 1000.0), (HEAD, 3000.0)):
        job = make_job(
            tmp_path, make_model(), dataset, Deadline(minutes=50), fine_tune=fine_tune
        )
        phase = next(FineTuning(job, job.recipe.fine_tune).phases())
        assert phase.deadline.seconds_left() == pytest.approx(seconds, abs=20)


@pytest.mark.parametrize(("augmentation", "stored"), [(None, 1), ({"noise": 5}, 3)])
def test_equal_views_are_stored_once(tmp_path, model, augmentation, stored):
    """Where nothing is augmented, three views would be three times the same."""
    dataset = make_dataset(augmentation=augmentation)
    head = {"head": {"epochs": 1, "views": 3}}
    job = make_job(tmp_path, model, dataset, fine_tune=head)
    phase = next(FineTuning(job, job.recipe.fine_tune).phases())
    assert len(phase.train.views) == stored


@pytest.mark.slow
def test_features_are_computed_once(tmp_path, dataset):
    """A second run with another seed finds every feature in the cache."""
    first = train(tmp_path, make_model(), dataset, fine_tune=HEAD)
    again = train(tmp_path, make_model(), dataset, seed=1, fine_tune=HEAD)
    assert (
        first.method.features.computed,
        again.method.features.computed,
    ) == (36, 0)


@pytest.mark.slow
def test_damaged_feature_file_is_computed_anew(tmp_path, dataset):
    """A cache file cut in half costs time, not the run."""
    train(tmp_path, make_model(), dataset, fine_tune=HEAD)
    files = [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
    path = max(files, key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again = train(tmp_path, make_model(), dataset, fine_tune=HEAD)
    assert again.method.features.computed == 24  # the larger of two shards


@pytest.mark.slow
def test_other_weights_find_no_features(tmp_path, dataset):
    """Features of one network are never taken for another's."""
    train(tmp_path, make_model(), dataset, fine_tune=HEAD)
    other = make_model()
    backbone = other.get_layer("extractor").get_layer("backbone")
    kernel = backbone.get_layer("block1_conv").kernel
    kernel.assign(kernel * 1.5)
    again = train(tmp_path, other, dataset, fine_tune=HEAD)
    assert again.method.features.computed == 36


@pytest.mark.slow
def test_views_differ_and_repeat(tmp_path):
    """K views store the plain pass and k-1 augmented ones, the same for a seed."""
    dataset = make_dataset(augmentation={"noise": 5})
    fine_tune = {"head": {"epochs": 2, "views": 3}}
    first = train(tmp_path, make_model(), dataset, fine_tune=fine_tune).method.features
    views = [first.view("train", n, 0) for n in (1, 2)]
    assert first.computed == 24 * 3 + 12
    assert not np.allclose(views[0], views[1])
    assert not np.allclose(views[0], first.plain("train"))
    np.testing.assert_array_equal(views[0], first.view("train", 1, 0))


@pytest.mark.slow
def test_training_from_scratch_keeps_the_best_epoch(tmp_path, model, dataset):
    """Without [fine_tune], all layers learn and the best validation epoch is kept."""
    trainer = train(
        tmp_path, model, dataset, training={"epochs": 6, "learning_rate": 0.02}
    )
    (phase,) = trainer.job.loop.phases
    losses = [row["val_loss"] for row in phase.epochs]
    assert phase.best_epoch == int(np.argmin(losses)) + 1
    kept = validation_loss(model, trainer, dataset)
    assert kept == pytest.approx(min(losses), abs=1e-5)


@pytest.mark.slow
def test_averaged_weights_are_what_is_validated_and_kept(tmp_path, model, dataset):
    """With EMA, the kept weights give the logged validation loss of their epoch."""
    trainer = train(
        tmp_path,
        model,
        dataset,
        training={"epochs": 4, "learning_rate": 0.02, "ema_momentum": 0.9},
    )
    kept = validation_loss(model, trainer, dataset)
    losses = [row["val_loss"] for row in trainer.job.loop.phases[0].epochs]
    assert kept == pytest.approx(min(losses), abs=1e-5)


@pytest.mark.slow
def test_patience_stops_a_phase_that_no_longer_gains(tmp_path, model, dataset):
    """Early stopping ends the phase and says so."""
    training = {"patience": 2}
    fine_tune = {"head": {"epochs": 200, "learning_rate": 5.0}}
    trainer = train(tmp_path, model, dataset, training=training, fine_tune=fine_tune)
    assert trainer.job.loop.phases[0].stopped_by == "patience"
    assert len(trainer.job.loop.phases[0].epochs) < 200


@pytest.mark.slow
def test_a_thaw_that_harms_is_taken_back(tmp_path, model):
    """A phase whose every epoch is worse than its start keeps the start."""
    wrong = make_dataset()
    held = [name.startswith("validation/") for name in wrong.names]
    answers = np.where(held, 1 - wrong.answers.values, wrong.answers.values)
    wrong = replace(wrong, answers=Column(answers))
    before = snapshot(model)
    trainer = train(tmp_path, model, wrong, fine_tune=THAW)
    assert trainer.job.loop.phases[1].best_epoch == 0
    assert not [path for path in changed(model, before) if "block" in path]


@pytest.mark.slow
@pytest.mark.parametrize("augmentation", [None, {"noise": 5}])
@pytest.mark.parametrize("views", [0, 2])
def test_thaw_on_stored_rows_or_images(tmp_path, model, augmentation, views):
    """Frozen layers are computed once where that is the same or asked for."""
    dataset = make_dataset(augmentation=augmentation)
    thaw = THAW | {"thaw": THAW["thaw"] | {"views": views}}
    trainer = train(tmp_path, model, dataset, fine_tune=thaw)
    stored = "compute frozen layers" in trainer.job.loop.reporter.seconds
    assert stored == (views > 0 or augmentation is None)
    assert (
        np.mean(
            trainer.logits("test").argmax(1)
            == dataset.targets(dataset.examples["test"])
        )
        == 1.0
    )


@pytest.mark.slow
def test_thaw_on_rows_learns_what_it_learns_on_images(tmp_path, dataset, monkeypatch):
    """Without augmentation both ways give the same weights, up to rounding."""
    on_rows = make_model()
    train(tmp_path / "rows", on_rows, dataset, fine_tune=THAW)
    monkeypatch.setattr("tfapp.training.transfer.fine_tuning.cut", lambda model: None)
    on_images = make_model()
    train(tmp_path / "images", on_images, dataset, fine_tune=THAW)
    # The order of the batches differs: compare what both orders end near to.
    for rows, images in zip(
        on_rows.get_weights(), on_images.get_weights(), strict=True
    ):
        np.testing.assert_allclose(rows, images, atol=0.05)


def test_nan_loss_names_phase_epoch_and_batch(tmp_path, dataset):
    """A loss that is not a number stops training with one clear line."""
    model = make_model()
    layer = model.get_layer("head").get_layer("logits")
    layer.bias.assign([np.nan, 0.0])
    with pytest.raises(TrainingError, match=r"phase 'head', epoch 1, batch 1\b"):
        train(tmp_path, model, dataset, fine_tune=HEAD)


@pytest.mark.slow
def test_budget_ends_training_when_its_time_is_up(tmp_path, model, dataset):
    """A phase of a million epochs ends by the clock, its rate cooled down."""
    deadline = Deadline(minutes=0.15)
    trainer = train(tmp_path, model, dataset, deadline, training={"epochs": 1_000_000})
    assert trainer.job.loop.phases[0].stopped_by == "deadline"
    # Of 1e-3; by its epochs it would hardly have fallen. A busy machine may have one
    # step that takes the last third of the time.
    assert trainer.job.loop.phases[0].epochs[-1]["learning_rate"] < 5e-4


@pytest.mark.slow
def test_no_time_leaves_the_thaw_out(tmp_path, model, dataset):
    """Phase 2 is left out, and said so, when not even one epoch fits."""
    trainer = train(tmp_path, model, dataset, Deadline(minutes=1e-6), fine_tune=THAW)
    assert [phase.phase for phase in trainer.job.loop.phases] == ["head"]
    assert "left out" in trainer.job.loop.notes[-1]


@pytest.mark.parametrize(("seconds", "thaws"), [(250.0, False), (400.0, True)])
def test_thaw_needs_the_time_of_an_epoch(tmp_path, model, dataset, seconds, thaws):
    """An epoch with its gradients takes about three passes of the network."""
    deadline = Deadline(minutes=seconds / 60)
    job = make_job(tmp_path, model, dataset, deadline, fine_tune=THAW)
    job.pass_seconds = 100.0
    phases = [
        phase.plan.name for phase in FineTuning(job, job.recipe.fine_tune).phases()
    ]
    assert phases == (["head", "thaw"] if thaws else ["head"])
    assert bool(job.loop.notes) != thaws


def test_what_is_solved_learns_from_validation_examples_too(tmp_path, model, dataset):
    """Their answers stay those of the network before; all others are of the new one."""
    job = make_job(tmp_path, model, dataset, training={"epochs": 1})
    logits = model.get_layer("head").get_layer("logits")
    solved = [np.zeros((4, 2)), np.array([1.0, 2.0])]

    def refit(network, data):
        assert data is dataset
        return [(network.get_layer("head").get_layer("logits"), solved)]

    trainer = Trainer(replace(job, task=replace(job.task, refit=refit)))
    trainer.train()
    np.testing.assert_array_equal(trainer.logits("test"), [[1.0, 2.0]] * 12)
    held_out = trainer.logits("validation")
    assert not np.allclose(held_out, [1.0, 2.0])
    np.testing.assert_array_equal(logits.bias, [1.0, 2.0])
    np.testing.assert_array_equal(trainer.logits("validation"), held_out)
    assert "12 validation examples too" in job.loop.notes[-1]


def test_without_validation_the_last_epoch_counts(tmp_path, model):
    """A set too small for a validation split still trains."""
    dataset = make_dataset(validation=0)
    trainer = train(tmp_path, model, dataset, fine_tune=HEAD)
    assert trainer.job.loop.phases[0].best_epoch == 5


@pytest.mark.slow
def test_checkpoint_holds_the_best_weights(tmp_path, model, dataset):
    """The checkpoint of a phase is the weights it ended with."""
    train(tmp_path, model, dataset, training={"epochs": 3, "learning_rate": 0.02})
    other = make_model()
    other.load_weights(tmp_path / "run" / "checkpoints" / "train.weights.h5")
    for mine, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.slow
def test_phase_description_is_json(tmp_path, model, dataset):
    """What the report shows of a phase can be written as JSON."""
    trainer = train(tmp_path, model, dataset, fine_tune=HEAD)
    assert (
        json.loads(json.dumps(trainer.job.loop.phases[0].describe()))["phase"] == "head"
    )


def test_unknown_layer_and_model_without_extractor(tmp_path, dataset):
    """Both mistakes are one line that names what to write instead."""
    wrong = HEAD | {"thaw": {"from_layer": "block3_conv"}}
    with pytest.raises(ModelError, match=r"no layer 'block3_conv'.*block2_conv"):
        train(tmp_path, make_model(), dataset, fine_tune=wrong)
    import keras

    plain = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    with pytest.raises(ModelError, match="no extractor to fine-tune"):
        train(tmp_path, plain, dataset, fine_tune=HEAD)


@pytest.mark.nightly
def test_saved_model_carries_no_optimizer(tmp_path, model, dataset):
    """What training leaves can be saved without its optimizer's state."""
    import zipfile

    from tfapp.export.keras_file import save_model

    train(tmp_path, model, dataset, fine_tune=THAW)
    save_model(model, tmp_path / "m.keras")
    weights = sum(w.numpy().nbytes for w in model.weights)
    with zipfile.ZipFile(tmp_path / "m.keras") as found:
        config = found.read("config.json").decode()
        size = found.getinfo("model.weights.h5").file_size
    assert "Layerwise" not in config
    assert size < weights + 60_000

"""Epochs of training: killed anywhere, they end where they would have ended."""

import keras
import numpy as np
import pytest

from tests.training.conftest import SIZE, make_dataset
from tfapp.base.errors import TrainingError
from tfapp.base.reporter import Reporter, Stage
from tfapp.data.spec import Pass
from tfapp.recipes.config import Recipe
from tfapp.tasks import get_task
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.passes import DataPasses
from tfapp.training.phase import Phase, PhasePlan, RunSetup, epochs_of

EPOCHS = 3


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


def network(dropout=0.3):
    """Return a small network with all that has a state: norm, dropout, L2."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(4, 3)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="logits")(x))


def fit(
    folder,
    model,
    *,
    train=None,
    dataset=None,
    runtime=None,
    deadline=None,
    reporter=None,
    **training,
):
    """Train a phase of three epochs in a folder and return its history."""
    dataset = dataset or make_dataset(augmentation={"noise": 5})
    recipe = Recipe.model_validate(
        {
            "task": "image_classification",
            "model": {"name": "small_cnn"},
            "data": {"path": "digits", "batch_size": 4},
            "training": {"weight_decay": 0.01, **training},
            "runtime": {"checkpoint_seconds": 0, "deterministic": True}
            | (runtime or {}),
        }
    )
    task = get_task("image_classification")
    phase = Phase(
        PhasePlan("train", EPOCHS, 0.02, warmup_epochs=0.5),
        model,
        train or DataPasses(dataset, seed=0),
        dataset.batches(dataset.examples["validation"], Pass()),
    )
    loop = TrainingLoop(
        folder,
        reporter or Reporter(quiet=True),
        deadline or Deadline(),
        recipe.training.patience,
        recipe.runtime.checkpoint_seconds,
    )
    setup = RunSetup(task, dataset.info, recipe.training, recipe.runtime)
    return loop.run(epochs_of(phase, setup), "train")


def test_progress_shows_no_more_time_than_the_budget(tmp_path, capsys, monkeypatch):
    """The first step compiles, so its pace alone would promise many seconds."""

    class AlmostOver(Deadline):
        def own_seconds_left(self):
            return 0.4

    monkeypatch.setattr(Stage, "EVERY_SECONDS", 0.0)
    fit(tmp_path, network(), deadline=AlmostOver(), reporter=Reporter())
    told = [line for line in capsys.readouterr().err.splitlines() if " left" in line]
    assert told
    assert [line for line in told if ", 0 s left" not in line] == []


def killing(passes, epoch, step):
    """Return passes that kill the process when one batch is asked for."""

    class Killing:
        steps = passes.steps

        def __call__(self, number, skip=0):
            dataset = passes(number, skip)
            if number != epoch:
                return dataset

            class Iterable:
                element_spec = dataset.element_spec

                def __iter__(self):
                    for index, batch in enumerate(dataset, start=skip):
                        if index == step:
                            raise Killed
                        yield batch

            return Iterable()

    return Killing()


class Clock:
    """A clock moved by hand; the deadline keeps the real one."""

    seconds = 0.0

    def monotonic(self):
        """Return the seconds that it shows."""
        return self.seconds


@pytest.mark.slow
def test_a_resumed_phase_under_a_budget_does_not_cool_down_early(tmp_path, monkeypatch):
    """The rate follows the clock over the seconds before the kill and those left."""
    clock = Clock()
    monkeypatch.setattr("tfapp.training.loop.runner.time", clock)
    passes = DataPasses(make_dataset(augmentation={"noise": 5}), seed=0)

    def slow(number, skip=0):
        clock.seconds += 1000.0 if number == 1 else 0.0
        return killing(passes, 2, 0)(number, skip)

    slow.steps = passes.steps
    with pytest.raises(Killed):
        fit(tmp_path, network(), train=slow, deadline=Deadline(minutes=50))
    resumed = fit(tmp_path, network(), deadline=Deadline(minutes=1000 / 60))
    # Half of the time has passed at the last epoch, and two thirds of the steps.
    assert resumed.seconds == pytest.approx(1000, abs=1)
    free = fit(tmp_path / "free", network())
    rates = [history.epochs[-1]["learning_rate"] for history in (resumed, free)]
    assert rates[0] == pytest.approx(rates[1])


def weights(model):
    """Return all weights as one vector."""
    return np.concatenate([w.numpy().ravel() for w in model.weights])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("epoch", "step", "training"),
    [
        (0, 1, {}),
        (1, 0, {"ema_momentum": 0.9, "optimizer": "sgd"}),
        (2, 3, {"ema_momentum": 0.9}),
        (1, 5, {"patience": 2}),
    ],
)
def test_killed_and_resumed_equals_uninterrupted(tmp_path, epoch, step, training):
    """Weights and every logged figure are the same to the bit."""
    whole = network()
    expected = fit(tmp_path / "whole", whole, **training)
    passes = DataPasses(make_dataset(augmentation={"noise": 5}), seed=0)
    with pytest.raises(Killed):
        fit(tmp_path / "cut", network(), train=killing(passes, epoch, step), **training)
    model = network()
    resumed = fit(tmp_path / "cut", model, **training)
    np.testing.assert_array_equal(weights(model), weights(whole))
    assert resumed.best_epoch == expected.best_epoch
    for mine, theirs in zip(resumed.epochs, expected.epochs, strict=True):
        for key in mine.keys() - {"seconds", "waiting_share"}:
            assert mine[key] == theirs[key], key


def test_finished_phase_is_read_back(tmp_path):
    """A run killed after a phase takes its weights and history, and trains nothing."""
    first = network()
    expected = fit(tmp_path, first)
    again = network()
    found = fit(
        tmp_path, again, train=killing(DataPasses(make_dataset(), seed=0), 0, 0)
    )
    assert found == expected
    np.testing.assert_array_equal(weights(again), weights(first))


@pytest.mark.slow
def test_runs_repeat_to_the_bit_and_seeds_differ(tmp_path):
    """The same phase twice gives the same weights; another seed gives others."""
    models = [network() for _ in range(3)]
    fit(tmp_path / "a", models[0])
    fit(tmp_path / "b", models[1])
    other = DataPasses(make_dataset(augmentation={"noise": 5}), seed=1)
    fit(tmp_path / "c", models[2], train=other)
    np.testing.assert_array_equal(weights(models[0]), weights(models[1]))
    assert np.abs(weights(models[0]) - weights(models[2])).max() > 1e-4


@pytest.mark.nightly
def test_bundled_steps_learn_the_same(tmp_path):
    """Several steps in one call are those steps, up to rounding."""
    models = [network(dropout=0.0) for _ in range(2)]
    rows = [
        fit(
            tmp_path / str(n),
            model,
            runtime={"deterministic": False, "steps_per_execution": n},
        ).epochs
        for n, model in zip((1, 4), models, strict=True)
    ]
    np.testing.assert_allclose(weights(models[0]), weights(models[1]), atol=1e-5)
    assert rows[0][-1]["loss"] == pytest.approx(rows[1][-1]["loss"], abs=1e-5)
    assert rows[0][-1]["learning_rate"] == rows[1][-1]["learning_rate"]


@pytest.mark.slow
def test_damaged_state_begins_the_phase_anew(tmp_path):
    """Half a file, or that of another network, is no state."""
    whole = network()
    fit(tmp_path / "whole", whole)
    state = tmp_path / "cut" / "checkpoints" / "train.state.npz"
    passes = DataPasses(make_dataset(augmentation={"noise": 5}), seed=0)
    with pytest.raises(Killed):
        fit(tmp_path / "cut", network(), train=killing(passes, 1, 2))
    state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    model = network()
    fit(tmp_path / "cut", model)
    np.testing.assert_array_equal(weights(model), weights(whole))


@pytest.mark.slow
def test_input_that_fails_keeps_what_was_learned(tmp_path):
    """A file that vanishes in mid-epoch saves a state before the error."""

    class Vanishing:
        steps = 6

        def __call__(self, epoch, skip=0):
            dataset = DataPasses(make_dataset(), seed=0)(epoch, skip)

            class Iterable:
                element_spec = dataset.element_spec

                def __iter__(self):
                    for index, batch in enumerate(dataset, start=skip):
                        if (epoch, index) == (1, 3):
                            raise FileNotFoundError("cat.jpg")
                        yield batch

            return Iterable()

    runtime = {"checkpoint_seconds": 1000}
    with pytest.raises(FileNotFoundError):
        fit(tmp_path / "cut", network(), train=Vanishing(), runtime=runtime)
    assert (tmp_path / "cut" / "checkpoints" / "train.state.npz").exists()
    models = [network(), network()]
    plain = make_dataset()
    fit(tmp_path / "cut", models[0], dataset=plain)
    fit(tmp_path / "whole", models[1], dataset=plain)
    np.testing.assert_array_equal(weights(models[0]), weights(models[1]))


@pytest.mark.slow
def test_nan_names_its_batch_and_keeps_the_state_before(tmp_path):
    """The loss that is not a number stops the run; the last good state stays."""
    dataset = make_dataset()
    passes = DataPasses(dataset, seed=0)

    class Poisoned:
        steps = passes.steps

        def __call__(self, epoch, skip=0):
            def poison(index, batch):
                images, labels = batch
                bad = (index == 2) & (epoch == 1)
                import tensorflow as tf

                return tf.where(bad, np.nan, 1.0) * images, labels

            return passes(epoch, skip).enumerate(skip).map(poison)

    with pytest.raises(TrainingError, match=r"phase 'train', epoch 2, batch 3\b"):
        fit(tmp_path, network(), train=Poisoned())
    with np.load(tmp_path / "checkpoints" / "train.state.npz") as state:
        assert all(np.isfinite(state[name]).all() for name in state.files)
    kept = network()
    kept.load_weights(tmp_path / "checkpoints" / "train.weights.h5")
    assert np.isfinite(weights(kept)).all()
    assert np.abs(weights(kept) - weights(network())).max() > 1e-4


def test_rows_show_how_long_each_epoch_waited(tmp_path, monkeypatch):
    """Every epoch counts its own seconds: by this clock, one to wait, one to learn."""

    class Ticking(Clock):
        def monotonic(self):
            self.seconds += 1.0
            return self.seconds

    monkeypatch.setattr("tfapp.training.loop.epochs.time", Ticking())
    rows = fit(tmp_path, network()).epochs
    assert [row["seconds"] for row in rows] == [12.0] * EPOCHS  # six steps each
    assert [row["waiting_share"] for row in rows] == [0.5] * EPOCHS

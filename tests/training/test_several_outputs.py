"""A phase of training on several inputs, outputs and losses."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.reporter import Reporter
from tfapp.data.spec import Pass
from tfapp.recipes.config import RuntimeConfig, TrainingConfig
from tfapp.tasks import get_task
from tfapp.tasks.spec import Learning
from tfapp.training.inference import predict
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.passes import DataPasses
from tfapp.training.phase import Phase, PhasePlan, RunSetup, epochs_of


def two_headed():
    """A network with a second classifier half-way, as GoogLeNet has."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, strides=2)(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.BatchNormalization()(x)
    early = keras.layers.Dense(2)(keras.layers.Flatten()(x))
    late = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, {"early": early, "logits": late}, name="two")


def two_losses():
    """The task of classification with both heads, the early one at 0.3."""
    plain = get_task("image_classification")

    def learning(model, info):
        def batch(images, labels):
            return images, {"early": labels, "logits": labels}

        own = plain.learning(model, info)
        return replace(
            own,
            model=model,
            losses={"early": own.losses, "logits": own.losses},
            batch=batch,
            main="logits",
            loss_weights={"early": 0.3, "logits": 1.0},
        )

    return replace(plain, learning=learning)


def fit(model, dataset, folder, class_weight=None, task=None, rate=0.01):
    """Train five epochs of it."""
    training = TrainingConfig(epochs=5, learning_rate=rate)
    setup = RunSetup(task or two_losses(), dataset.info, training, RuntimeConfig())
    plan = PhasePlan("train", 5, rate, class_weight=class_weight)
    passes, held = (
        DataPasses(dataset, seed=0),
        dataset.batches(dataset.examples["validation"], Pass()),
    )
    workload = epochs_of(Phase(plan, model, passes, held), setup)
    loop, start = TrainingLoop(folder, Reporter(quiet=True)), workload.start()
    return loop.run(workload, "train", start=start)


@pytest.mark.slow
def test_one_output_may_learn_from_its_own_input(dataset, tmp_path):
    """What `batch` makes of a batch is learned, with a single output too."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Rescaling(1.0)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(model(inputs)))
    plain = get_task("image_classification")

    def learning(model, info):
        loss = keras.losses.MeanSquaredError()
        return Learning(model, loss, [], lambda images, labels: (images, images))

    task = replace(plain, learning=learning, monitor="val_loss", mode="min")
    history = fit(model, dataset, tmp_path, task=task, rate=0.1)
    assert history.epochs[-1]["val_loss"] < 0.5 * history.epochs[0]["val_loss"]


@pytest.mark.slow
@pytest.mark.parametrize("class_weight", [None, {0: 1.0, 1: 2.0}])
def test_every_output_learns_and_the_main_one_is_judged(
    dataset, tmp_path, class_weight
):
    """Its figures are called as with one output; the other losses by their output."""
    model = two_headed()
    before = [w.numpy() for w in model.trainable_weights]
    history = fit(model, dataset, tmp_path, class_weight)
    row = history.epochs[-1]
    assert {"loss", "early_loss", "logits_loss", "accuracy"} <= set(row)
    assert {"val_loss", "val_accuracy", "val_early_loss"} <= set(row)
    if class_weight is None:
        both = row["val_logits_loss"] + 0.3 * row["val_early_loss"]
        assert row["val_loss"] == pytest.approx(both, rel=1e-4)
    assert row["loss"] < history.epochs[0]["loss"]
    after = [w.numpy() for w in model.trainable_weights]
    assert all((a != b).any() for a, b in zip(after, before, strict=True))


def test_a_solution_is_only_left_for_a_better_one(dataset, tmp_path):
    """A model that answers untrained keeps its weights where training does harm."""
    task = two_losses()

    def learning(model, info):
        return replace(task.learning(model, info), answers_untrained=True)

    model = two_headed()
    before = [w.numpy() for w in model.trainable_weights]
    harmful = replace(task, learning=learning)
    history = fit(model, dataset, tmp_path, task=harmful, rate=10.0)
    assert history.best_epoch == 0
    for weight, old in zip(model.trainable_weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_logits_alone_answer(dataset, tmp_path):
    """Predictions are made by the main output."""
    model = two_headed()
    found = predict(model, dataset.batches(dataset.examples["test"], Pass()), 12)
    images = np.concatenate(
        [x for x, _ in dataset.batches(dataset.examples["test"], Pass())]
    )
    expected = model(tf.constant(images), training=False)["logits"]
    np.testing.assert_allclose(found, expected, atol=1e-5)

"""Distillation against the formulas of the papers, in NumPy."""

import json

import keras
import numpy as np
import pytest

from tests.training.conftest import SIZE, make_dataset, make_model
from tfapp.base.reporter import Reporter
from tfapp.recipes.config import (
    DataConfig,
    DistillConfig,
    ModelConfig,
    Recipe,
    RuntimeConfig,
    TrainingConfig,
)
from tfapp.tasks import get_task
from tfapp.training.distillation import (
    DistillationLoss,
    LabelMetric,
    TaughtPasses,
    distilled,
    for_student,
    taught_passes,
)
from tfapp.training.job import TrainingJob
from tfapp.training.loop.training_loop import TrainingLoop
from tfapp.training.passes import DataPasses
from tfapp.training.trainer import Trainer
from tfapp.training.transfer.features import FeatureStore

RANDOM = np.random.default_rng(0)
CONFIG = DistillConfig(teacher="t", temperature=2.0, share=0.7, passes=2)


def log_softmax(logits):
    """Return log-probabilities, float64."""
    logits = np.asarray(logits, "float64")
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def taught(teacher, tmp_path, config=CONFIG, epochs=4, dataset=None):
    """Return passes of a tiny dataset with a teacher's answers."""
    dataset = dataset or make_dataset(augmentation={"noise": 5})
    store = FeatureStore(teacher, dataset, tmp_path, lambda *_: None)
    images = DataPasses(dataset, seed=0)
    return taught_passes(images, store, config, epochs, lambda: True)


def noisy_model(seed=3):
    """Return a network that answers images differently."""
    model = make_model(standardize=False)
    random = np.random.default_rng(seed)
    model.set_weights([w + random.normal(0, 0.3, w.shape) for w in model.get_weights()])
    return model


def test_loss_is_that_of_the_paper():
    """(1 - share) cross-entropy + share T² KL(teacher || student), both at T."""
    labels = np.eye(3)[[0, 2, 1, 1]]
    teacher, student = RANDOM.normal(size=(2, 4, 3))
    own = keras.losses.CategoricalCrossentropy(from_logits=True)
    t = log_softmax(teacher / 2.0)
    hard = -(labels * log_softmax(student)).sum(-1)
    divergence = (np.exp(t) * (t - log_softmax(student / 2.0))).sum(-1)
    expected = (0.3 * hard + 0.7 * 4.0 * divergence).mean()
    targets = np.concatenate([labels, t], axis=-1).astype("float32")
    loss = DistillationLoss(own, 2.0, 0.7)
    assert float(loss(targets, student.astype("float32"))) == pytest.approx(expected)
    assert float(loss(labels, student)) == pytest.approx(hard.mean(), rel=1e-5)


def test_a_perfect_student_learns_nothing_from_the_teacher():
    """The gradient of the teacher's part is zero where the two agree."""
    logits = keras.Variable(RANDOM.normal(size=(5, 3)), dtype="float32")
    taught_part = log_softmax(logits.numpy() / 2.0)
    targets = np.concatenate([np.eye(3)[[0] * 5], taught_part], -1).astype("float32")
    own = keras.losses.CategoricalCrossentropy(from_logits=True)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = DistillationLoss(own, 2.0, 1.0)(targets, logits)
    gradient = tape.gradient(value, logits.value)
    np.testing.assert_allclose(gradient, 0, atol=1e-7)


def test_metrics_look_at_the_labels_only():
    """The accuracy of taught batches is that of the labels."""
    labels, logits = np.eye(3)[[0, 1, 2]], np.eye(3)[[0, 1, 0]]
    metric = LabelMetric(keras.metrics.CategoricalAccuracy(name="accuracy"))
    metric.update_state(np.concatenate([labels, np.full((3, 3), -1.0)], -1), logits)
    assert metric.name == "accuracy"
    assert float(metric.result()) == pytest.approx(2 / 3)
    metric.reset_state()
    metric.update_state(labels, labels)
    assert float(metric.result()) == 1.0


@pytest.mark.slow
def test_the_teacher_answers_the_very_images(tmp_path):
    """Every batch carries what the teacher says of it, in every epoch."""
    model = noisy_model()
    teacher = for_student(model, (SIZE, SIZE, 3))
    passes = taught(teacher, tmp_path)
    for epoch in range(3):
        for images, targets in passes(epoch):
            expected = log_softmax(model.predict(images, verbose=0) / 2.0)
            np.testing.assert_allclose(targets[:, 2:], expected, atol=1e-4)
            assert np.asarray(targets[:, :2]).sum() == len(images)


def test_passes_repeat_in_turn_and_start_anywhere(tmp_path):
    """Pass 2 of two is pass 0 again; the rest of a pass is that of the whole."""
    passes = taught(for_student(noisy_model(), (SIZE, SIZE, 3)), tmp_path)
    whole = [list(passes(epoch).as_numpy_iterator()) for epoch in range(3)]
    np.testing.assert_array_equal(whole[0][0][0], whole[2][0][0])
    assert not np.array_equal(whole[0][0][0], whole[1][0][0])
    rest = list(passes(1, skip=2).as_numpy_iterator())
    assert len(rest) == passes.steps - 2
    for found, expected in zip(rest, whole[1][2:], strict=True):
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])


def test_makes_no_more_passes_than_can_differ(tmp_path):
    """Without augmentation one is all; 0 means one per epoch; time may run out."""
    teacher = for_student(noisy_model(), (SIZE, SIZE, 3))
    plain = taught(teacher, tmp_path, dataset=make_dataset())
    assert len(plain.answers) == 1
    each = CONFIG.model_copy(update={"passes": 0})
    assert len(taught(teacher, tmp_path, each, epochs=3).answers) == 3
    store = FeatureStore(
        teacher, make_dataset(augmentation={"noise": 5}), tmp_path, lambda *_: None
    )
    images = DataPasses(store.dataset, seed=0)
    assert len(taught_passes(images, store, CONFIG, 9, lambda: False).answers) == 1


def test_images_are_brought_to_the_teachers_size():
    """A teacher of other pixels sees the image resized, and is frozen."""
    teacher = for_student(make_model(), (4, 6, 3))
    assert teacher.input_shape == (None, 4, 6, 3)
    assert teacher(np.zeros((2, 4, 6, 3), "float32")).shape == (2, 2)
    assert not teacher.trainable_variables


def student_of(teacher, folder):
    """Return a student and the trainer that teaches it."""
    recipe = Recipe(
        task="image_classification",
        model=ModelConfig(name="small_cnn"),
        data=DataConfig(kind="images", path="none", batch_size=4),
        training=TrainingConfig(epochs=6, learning_rate=0.02),
        runtime=RuntimeConfig(checkpoint_seconds=0, deterministic=True),
    )
    student = make_model(standardize=False)
    job = TrainingJob(
        student,
        make_dataset(augmentation={"noise": 5}),
        get_task(
            "image_classification", {"distill": CONFIG, "class_weights": "balanced"}
        ),
        recipe,
        TrainingLoop(folder, Reporter(quiet=True), state_seconds=0.0),
        folder / "c",
        teacher=for_student(teacher, (SIZE, SIZE, 3)),
    )
    trainer = Trainer(job)
    return student, trainer


@pytest.mark.slow
def test_trains_with_a_teacher(tmp_path):
    """A student of random weights comes to answer as its teacher does."""
    student_of(noisy_model(), tmp_path)[1].train()
    rows = json.loads((tmp_path / "checkpoints" / "train.json").read_text())["epochs"]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert {"accuracy", "val_accuracy", "val_loss"} <= set(rows[-1])


@pytest.mark.slow
def test_killed_and_resumed_equals_uninterrupted(tmp_path, monkeypatch):
    """What a killed student learned, and what its teacher answered, is kept."""
    expected, trainer = student_of(noisy_model(), tmp_path / "whole")
    trainer.train()
    make_pass = TaughtPasses.__call__

    def killing(self, epoch, skip=0):
        if epoch == 3:
            raise KeyboardInterrupt
        return make_pass(self, epoch, skip)

    with monkeypatch.context() as patch:
        patch.setattr(TaughtPasses, "__call__", killing)
        with pytest.raises(KeyboardInterrupt):
            student_of(noisy_model(), tmp_path / "cut")[1].train()
    found, trainer = student_of(noisy_model(), tmp_path / "cut")
    trainer.train()
    for mine, theirs in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_the_task_stays_the_task():
    """Only loss and metrics change."""
    task = get_task("image_classification")
    changed = distilled(task, CONFIG)
    assert changed.monitor == task.monitor
    assert changed.evaluate is task.evaluate

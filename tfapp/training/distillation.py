"""Distillation: a network learns a larger one's answers in addition to the labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.data.spec import DataInfo
from tfapp.recipes.config import DistillConfig
from tfapp.tasks.spec import Learning, Task
from tfapp.training.passes import DataPasses
from tfapp.training.transfer.features import FeatureStore
from tfapp.training.transfer.row_passes import RowPasses


@dataclass(frozen=True, eq=False)
class TaughtPasses:
    """Passes over changed images, with what the teacher answers to each of them.

    The teacher sees the very images that the student sees, as in function matching.
    Its answers are stored, so only some different passes are made and then repeated
    in turn.

    Args:
        passes: over images and one-hot labels.
        answers: of the teacher, for each different pass: float logits (examples,
            num_classes) in the order of that pass.
        temperature: by which the teacher's logits are divided.

    Reference:
        Beyer et al., Knowledge distillation: A good teacher is patient and
        consistent, CVPR 2022, https://arxiv.org/abs/2106.05237
    """

    passes: DataPasses
    answers: list[Any]
    temperature: float

    @property
    def steps(self) -> int:
        """Number of batches in a pass."""
        return self.passes.steps

    def __call__(self, epoch: int, skip: int = 0) -> Any:
        """Return a tf.data.Dataset of one pass; see `passes.Passes`.

        Returns:
            tf.data.Dataset of (images, targets): float32 (batch, 2 num_classes), the
            labels and then the teacher's log-probabilities at the temperature. These
            are never above 0, so the largest target is a label's.
        """
        number = epoch % len(self.answers)
        taught = self._rows[number].in_order().skip(skip)
        batches = tf.data.Dataset.zip(self.passes(number, skip), taught)

        def join(batch: tuple[Any, Any], answered: tuple[Any, Any]) -> tuple[Any, Any]:
            images, labels = batch
            logits = tf.cast(answered[0], tf.float32) / self.temperature
            return images, tf.concat([labels, tf.nn.log_softmax(logits)], axis=-1)

        return batches.map(join, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)

    @cached_property
    def _rows(self) -> list[RowPasses]:
        places = np.arange(len(self.answers[0]))
        size = self.passes.dataset.batch_size
        return [RowPasses([rows], places, size, 0) for rows in self.answers]


def taught_passes(
    passes: DataPasses,
    store: FeatureStore,
    config: DistillConfig,
    epochs: int,
    time_left: Callable[[], bool],
) -> TaughtPasses:
    """Return passes with the teacher's answers, computed or found in the store.

    Args:
        passes: over the student's images.
        store: of the teacher, which takes those images as they are.
        config: how many different passes are made, and the temperature.
        epochs: more different passes than these are not made.
        time_left: called before each pass after the first is computed.
    """
    count = min(config.passes or epochs, epochs)
    if not store.dataset.augmentation:
        count = 1  # only the order would differ
    answers: list[Any] = []
    for number in range(count):
        if answers and not time_left():
            break
        rows = store.view("train", number, passes.seed, shuffle=True)
        answers.append(rows)
    return TaughtPasses(passes, answers, config.temperature)


def for_student(teacher: keras.Model, input_shape: tuple[int, ...]) -> keras.Model:
    """Return a frozen teacher that takes a student's images.

    Args:
        teacher: images (batch, height, width, channels) → logits.
        input_shape: height, width, channels of the student's images.

    Returns:
        keras.Model: float tensor (batch, *input_shape) → the teacher's logits for
        the images brought to its own size.
    """
    teacher.trainable = False
    height, width, _ = teacher.input_shape[1:]
    inputs = keras.Input(input_shape, name="image")
    x = inputs
    if (height, width) != input_shape[:2]:
        # In float32: under bfloat16 pixels would lose their low bits.
        x = keras.layers.Resizing(height, width, antialias=True, dtype="float32")(x)
    return keras.Model(inputs, teacher(x), name="teacher")


def distilled(task: Task, config: DistillConfig) -> Task:
    """Return a task that learns from the targets of `TaughtPasses`.

    Plain labels, as validation has them, are judged as the task itself does.

    Args:
        task: whose loss and metrics take one-hot labels and logits.
        config: temperature, and the teacher's share of the loss.

    Returns:
        The task; its `learning` raises a ConfigError if it learns by more than logits.
    """

    def learning(model: keras.Model, info: DataInfo) -> Learning:
        own = task.learning(model, info)
        if own.main:
            raise ConfigError(
                f"`task_options.distill` teaches logits alone, and task {task.name!r} "
                "learns by other outputs. Leave it out."
            )
        loss = DistillationLoss(own.losses, config.temperature, config.share)
        metrics = [LabelMetric(metric) for metric in own.metrics]
        return replace(own, losses=loss, metrics=metrics)

    return replace(task, learning=learning)


class DistillationLoss(keras.losses.Loss):
    """(1 - share) times the loss on labels, share times the distance to the teacher.

    The distance is the Kullback-Leibler divergence between the teacher's and the
    student's probabilities, both at a temperature T; times T², so that its gradient
    keeps its size whatever T is.

    Args:
        own: Keras loss of one-hot labels and logits.
        temperature: by which logits are divided, above 0.
        share: in [0, 1], of the teacher.

    Call arguments:
        targets: float tensor (batch, 2 num_classes), labels and then the teacher's
            log-probabilities; or (batch, num_classes), labels alone, for which the
            loss is `own`.
        logits: float tensor (batch, num_classes) of the student.

    Reference:
        Hinton, Vinyals & Dean, Distilling the knowledge in a neural network, 2015,
        https://arxiv.org/abs/1503.02531
    """

    def __init__(self, own: Any, temperature: float, share: float) -> None:
        super().__init__(name="distillation")
        self.own = own
        self.temperature = temperature
        self.share = share

    def call(self, targets: Any, logits: Any) -> Any:
        """Return the loss of every example, float tensor (batch,)."""
        classes = logits.shape[-1]
        hard = self.own.call(targets[:, :classes], logits)
        if targets.shape[-1] == classes:
            return hard
        taught = targets[:, classes:]
        answered = keras.ops.log_softmax(logits / self.temperature)
        distance = keras.ops.sum(keras.ops.exp(taught) * (taught - answered), axis=-1)
        return (1 - self.share) * hard + self.share * self.temperature**2 * distance


class LabelMetric(keras.metrics.Metric):
    """A metric of the labels, whatever else stands among the targets.

    Args:
        own: Keras metric of one-hot labels and logits.
    """

    def __init__(self, own: Any) -> None:
        super().__init__(name=own.name)
        self.own = own

    def update_state(self, targets: Any, logits: Any, sample_weight: Any = None) -> Any:
        """Take targets (batch, num_classes or more) and logits (batch, num_classes)."""
        return self.own.update_state(
            targets[:, : logits.shape[-1]], logits, sample_weight
        )

    def result(self) -> Any:
        """Return the metric's value so far."""
        return self.own.result()

    def reset_state(self) -> None:
        """Begin anew."""
        self.own.reset_state()

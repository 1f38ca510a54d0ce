"""One phase of training: compile, fit, keep the best epoch."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from tfapp.config import TrainingConfig
from tfapp.reporter import Stage
from tfapp.tasks.spec import Task
from tfapp.training import callbacks as own
from tfapp.training.deadline import Deadline
from tfapp.training.optimizers import make_optimizer


@dataclass(frozen=True)
class PhaseSettings:
    """Length and rates of one phase.

    Args:
        name: of the phase, for logs and checkpoints.
        epochs: passes over the training data.
        learning_rate: after the warm-up.
        warmup_epochs: of linear warm-up.
        rate_factors: variable path → factor on the learning rate.
        class_weight: class index → weight of its examples, or None.
        start: value of the monitored figure before the first step, or None.
    """

    name: str
    epochs: int
    learning_rate: float
    warmup_epochs: float = 0.0
    rate_factors: Mapping[str, float] = field(default_factory=dict)
    class_weight: Mapping[int, float] | None = None
    start: float | None = None


@dataclass
class PhaseHistory:
    """What happened in one phase.

    Args:
        phase: its name.
        epochs: logged figures of each epoch.
        best_epoch: whose weights were kept, from 1; 0 = those it started with.
        best: the monitored figure of that epoch; None without validation data.
        seconds: wall time.
        trained_weights: number of scalars that learned.
        stopped_by: "", "patience" or "deadline".
    """

    phase: str
    epochs: list[dict[str, float]]
    best_epoch: int
    best: float | None
    seconds: float
    trained_weights: int
    stopped_by: str

    def summary(self) -> str:
        """Return the outcome in one line."""
        if not self.best_epoch:
            return "no epoch was better than the start, whose weights are kept"
        best = self.epochs[self.best_epoch - 1]
        shown = (f"{k} {v:.4f}" for k, v in best.items() if "accuracy" in k)
        return f"{len(self.epochs)} epochs, best {self.best_epoch}: {', '.join(shown)}"

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return asdict(self)


def fit_phase(
    model: keras.Model,
    train_data: Any,
    validation_data: Any,
    *,
    task: Task,
    config: TrainingConfig,
    settings: PhaseSettings,
    folder: Path,
    deadline: Deadline,
    stage: Stage,
) -> PhaseHistory:
    """Train the trainable weights of a model and restore its best epoch.

    Args:
        model: outputs logits.
        train_data: batches of one epoch; its length is the number of steps.
        validation_data: batches, or None.
        task: loss, metrics and the figure that chooses the best epoch.
        config: what all phases share.
        settings: of this phase.
        folder: of the run; logs and checkpoints go below it.
        deadline: of this phase.
        stage: shows progress.
    """
    model = _compiled(model, task, config, settings)
    total_steps = len(train_data) * settings.epochs
    path = folder / "checkpoints" / f"{settings.name}.weights.h5"
    best = own.BestWeights(
        task.monitor, task.mode, path, config.patience, settings.start
    )
    stop = own.StopAtDeadline(deadline)
    callbacks = [
        _learning_rate(config, settings, total_steps, deadline),
        own.StopOnNaN(settings.name),
        *own.averaging(config),
        best,
        stop,
        own.ShowProgress(stage, total_steps),
        keras.callbacks.TensorBoard(str(folder / "logs" / settings.name)),
    ]
    began = time.monotonic()
    history = model.fit(
        train_data,
        validation_data=validation_data,
        epochs=settings.epochs,
        class_weight=dict(settings.class_weight) if settings.class_weight else None,
        shuffle=False,  # the batches come shuffled
        verbose=0,
        callbacks=callbacks,
    )
    return PhaseHistory(
        phase=settings.name,
        epochs=_rows(history.history),
        best_epoch=best.best_epoch,
        best=best.best,
        seconds=round(time.monotonic() - began, 3),
        trained_weights=sum(math.prod(w.shape) for w in model.trainable_weights),
        stopped_by=_reason(stop, len(history.epoch), settings.epochs),
    )


def _compiled(
    model: keras.Model, task: Task, config: TrainingConfig, settings: PhaseSettings
) -> keras.Model:
    """Wrap a model and compile the wrapping.

    Every phase compiles anew: Keras trains the set of weights that was trainable
    when the model was compiled, whatever has been frozen or thawed since.
    The layers that learn are the model's own; only the wrapping holds the optimizer,
    so a saved model does not carry it.
    """
    wrapped = keras.Model(model.input, model.output, name=model.name)
    wrapped.compile(
        optimizer=make_optimizer(config, settings.learning_rate, settings.rate_factors),
        loss=task.make_loss(config.label_smoothing),
        metrics=task.make_metrics(),
    )
    return wrapped


def _learning_rate(
    config: TrainingConfig,
    settings: PhaseSettings,
    total_steps: int,
    deadline: Deadline,
) -> own.LearningRate:
    warmup_steps = total_steps / settings.epochs * settings.warmup_epochs
    return own.LearningRate(
        settings.learning_rate, total_steps, warmup_steps, config.schedule, deadline
    )


def _rows(columns: Mapping[str, list[float]]) -> list[dict[str, float]]:
    keys = list(columns)
    rows = zip(*columns.values(), strict=False)  # a cut epoch may lack validation
    return [dict(zip(keys, map(float, row), strict=True)) for row in rows]


def _reason(stop: own.StopAtDeadline, done: int, planned: int) -> str:
    if stop.stopped:
        return "deadline"
    return "patience" if done < planned else ""

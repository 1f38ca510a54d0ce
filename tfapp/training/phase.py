"""One phase of training: compile, train, keep the best epoch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfapp.base.reporter import Stage
from tfapp.recipes.config import RuntimeConfig, TrainingConfig
from tfapp.tasks.spec import Learning, Task
from tfapp.training.loop.best import BestWeights
from tfapp.training.loop.board import Board
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.engine import Engine
from tfapp.training.loop.history import PhaseHistory, read_history
from tfapp.training.loop.schedule import Schedule
from tfapp.training.loop.stepping import make_stepper
from tfapp.training.optimizers import make_optimizer
from tfapp.training.passes import Passes, PreparedPasses, WeightedPasses, prepared
from tfapp.training.speed.folding import fold
from tfapp.training.speed.fused_normalization import fuse


@dataclass(frozen=True)
class PhasePlan:
    """Length and rates of one phase.

    Args:
        name: of the phase, for logs and checkpoints.
        epochs: passes over the training data.
        learning_rate: after the warm-up.
        warmup_epochs: of linear warm-up.
        rate_factors: variable path → factor on the learning rate.
        optimizer: of this phase; None for that of the run.
        class_weight: class index → weight of its examples, or None.
        start: value of the monitored figure before the first step, or None.
    """

    name: str
    epochs: int
    learning_rate: float
    warmup_epochs: float = 0.0
    rate_factors: Mapping[str, float] = field(default_factory=dict)
    optimizer: str | None = None
    class_weight: Mapping[int, float] | None = None
    start: float | None = None


@dataclass(frozen=True)
class RunSetup:
    """What all phases of a run share.

    Args:
        task: loss, metrics and the figure that chooses the best epoch.
        training: optimizer, regularisation, patience.
        runtime: how the machine is used.
        folder: of the run; logs and checkpoints go below it.
        jit_compile: whether XLA compiles the steps.
    """

    task: Task
    training: TrainingConfig
    runtime: RuntimeConfig
    folder: Path
    jit_compile: bool = False

    @property
    def steps_per_execution(self) -> int:
        """Training steps in one call; 0 = by their length."""
        # Bundled steps are one graph, whose roundings may differ from single ones.
        return 1 if self.runtime.deterministic else self.runtime.steps_per_execution

    def files(self, phase: str) -> "PhaseFiles":
        """Return where a phase keeps what it learns."""
        kept = self.folder / "checkpoints"
        return PhaseFiles(
            weights=kept / f"{phase}.weights.h5",
            history=kept / f"{phase}.json",
            state=kept / f"{phase}.state.npz",
            logs=self.folder / "logs" / phase,
        )


class PhaseFiles(NamedTuple):
    """Where a phase keeps what it learns.

    Args:
        weights: of the best epoch, once the phase has ended.
        history: what happened; it is there once the phase has ended.
        state: to resume from while the phase lasts.
        logs: folder of its TensorBoard figures.
    """

    weights: Path
    history: Path
    state: Path
    logs: Path


def fit_phase(
    model: keras.Model,
    train: Passes,
    validation: Any,
    *,
    setup: RunSetup,
    plan: PhasePlan,
    deadline: Deadline,
    stage: Stage,
    kept: keras.Model | None = None,
) -> PhaseHistory:
    """Train the trainable weights of a model and restore its best epoch.

    A phase that a killed run had finished is read back; one that it was in goes on
    from its last state.

    Args:
        model: outputs logits, and what else the task learns by.
        train: passes over the training data.
        validation: tf.data.Dataset of (inputs, labels), or a pair of arrays; or None.
        setup: what all phases share.
        plan: of this phase.
        deadline: of this phase.
        stage: shows progress.
        kept: the model whose weights the checkpoint holds, if it is not `model`,
            which then shares its variables.
    """
    kept = kept or model
    files = setup.files(plan.name)
    finished = read_history(files.history)
    if finished is not None and files.weights.exists():
        kept.load_weights(files.weights)
        return finished
    learning = setup.task.learning(model)
    train, validation = _as_learned(learning, train, validation, plan)
    compiled = _compiled(learning, train, setup, plan)
    engine = Engine(
        model=compiled,
        stepper=make_stepper(compiled, tf.distribute.get_strategy()),
        train=train,
        validation=validation,
        schedule=_schedule(setup.training, plan, train.steps, deadline),
        epochs=plan.epochs,
        phase=plan.name,
        monitor=setup.task.monitor,
        patience=setup.training.patience,
        best=BestWeights(compiled, kept, files.weights, setup.task.mode),
        board=Board(files.logs),
        deadline=deadline,
        state_file=files.state,
        state_seconds=setup.runtime.checkpoint_seconds,
        steps_per_execution=setup.steps_per_execution,
        stage=stage,
    )
    engine.run(plan.start)
    history = _history(engine, plan)
    history.write(files.history)
    files.state.unlink(missing_ok=True)
    return history


def _as_learned(
    learning: Learning, train: Passes, validation: Any, plan: PhasePlan
) -> tuple[Passes, Any]:
    """Return both as the task learns them, training examples weighted if wished."""
    if plan.class_weight:
        train = WeightedPasses(train, plan.class_weight)
    if learning.main:
        train = PreparedPasses(train, learning.batch)
        validation = validation and prepared(validation, learning.batch)
    return train, validation


def _compiled(
    learning: Learning, train: Passes, setup: RunSetup, plan: PhasePlan
) -> keras.Model:
    """Wrap what is trained and compile the wrapping, with all its variables made.

    Every phase compiles anew: Keras trains the set of weights that was trainable
    when the model was compiled, whatever has been frozen or thawed since.
    The layers that learn are the model's own; only the wrapping holds the optimizer,
    so a saved model does not carry it. Frozen batch normalisation is folded into the
    convolutions before it and the rest is fused, which changes the speed alone.
    """
    quick = fuse(fold(learning.model))
    wrapped = keras.Model(quick.input, quick.output, name=quick.name)
    config, task, main = setup.training, setup.task, learning.main
    metrics = task.make_metrics()
    wrapped.compile(
        optimizer=make_optimizer(
            config, plan.learning_rate, plan.rate_factors, plan.optimizer
        ),
        loss=learning.losses(task.make_loss()),
        loss_weights=dict(learning.loss_weights) or None,
        metrics={main: metrics} if main else metrics,
        jit_compile=setup.jit_compile or keras.backend.backend() == "jax",
    )
    wrapped.optimizer.build(wrapped.trainable_variables)
    # Metrics make their variables at the first batch; a state needs them before.
    wrapped._symbolic_build(data_batch=_blank(train(0).element_spec))
    if main:  # its figures are the task's, and go by their names alone
        for found in filter(None, wrapped._compile_metrics._flat_metrics):
            found.output_name = None
    return wrapped


def _blank(spec: Any) -> Any:
    """Return a batch of one zero example of a tf.data element specification."""
    return tf.nest.map_structure(
        lambda s: np.zeros([1 if d is None else d for d in s.shape], "float32"), spec
    )


def _schedule(
    config: TrainingConfig, plan: PhasePlan, steps: int, deadline: Deadline
) -> Schedule:
    return Schedule(
        peak=plan.learning_rate,
        total_steps=steps * plan.epochs,
        warmup_steps=steps * plan.warmup_epochs,
        kind=config.schedule,
        seconds=deadline.seconds_left(),
    )


def _history(engine: Engine, plan: PhasePlan) -> PhaseHistory:
    progress, model = engine.progress, engine.model
    return PhaseHistory(
        phase=plan.name,
        epochs=progress.rows,
        best_epoch=progress.best_epoch,
        best=progress.best,
        seconds=round(progress.seconds, 3),
        trained_weights=sum(math.prod(w.shape) for w in model.trainable_weights),
        stopped_by=progress.stopped_by,
    )

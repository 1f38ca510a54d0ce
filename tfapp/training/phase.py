"""One phase of training: its plan, its data, and the workload made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import keras
import tensorflow as tf

from tfapp.data.spec import DataInfo
from tfapp.recipes.config import RuntimeConfig, TrainingConfig
from tfapp.tasks.spec import Learning, Task, as_given
from tfapp.training.devices import on_one_device
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.epochs import Epochs
from tfapp.training.loop.schedule import Schedule
from tfapp.training.loop.stepping import Stepper, make_stepper
from tfapp.training.loop.workload import Workload
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
        continues: whether an epoch must be better than the phase before to be kept.
    """

    name: str
    epochs: int
    learning_rate: float
    warmup_epochs: float = 0.0
    rate_factors: Mapping[str, float] = field(default_factory=dict)
    optimizer: str | None = None
    class_weight: Mapping[int, float] | None = None
    continues: bool = False


@dataclass(frozen=True)
class Phase:
    """A model, the data that it learns from, and for how long.

    Args:
        plan: length and rates.
        model: outputs logits, and what else the task learns by.
        train: passes over the training data.
        validation: tf.data.Dataset of (inputs, targets), or a pair of arrays; or None.
        deadline: of this phase; None for that of the run.
        checkpoint_model: the model whose weights the checkpoint holds, if it is not
            `model`, which then shares its variables.
        workload: what trains the model instead of passes over the data; None for them.
    """

    plan: PhasePlan
    model: keras.Model
    train: Passes
    validation: Any
    deadline: Deadline | None = None
    checkpoint_model: keras.Model | None = None
    workload: Workload | None = None


@dataclass(frozen=True)
class RunSetup:
    """What all phases of a run share.

    Args:
        task: what is trained, and the figure that chooses the best epoch.
        info: facts of the data.
        training: optimizer, regularisation.
        runtime: how the machine is used.
        jit_compile: whether XLA compiles the steps.
    """

    task: Task
    info: DataInfo
    training: TrainingConfig
    runtime: RuntimeConfig
    jit_compile: bool = False

    @property
    def steps_per_execution(self) -> int:
        """Training steps in one call; 0 = by their length."""
        # Bundled steps are one graph, whose roundings may differ from single ones.
        # A profile begins and ends between calls.
        single = self.runtime.deterministic or bool(self.runtime.profile)
        return 1 if single else self.runtime.steps_per_execution


def epochs_of(phase: Phase, setup: RunSetup) -> Epochs:
    """Return the workload that trains the trainable weights of a phase's model."""
    plan = phase.plan
    learning = setup.task.learning(phase.model, setup.info)
    train, validation = _as_learned(learning, phase)

    def build() -> tuple[keras.Model, Stepper]:
        model = _compiled(learning, train, setup, plan)
        return model, make_stepper(model, tf.distribute.get_strategy())

    epochs = Epochs(
        build,
        phase.checkpoint_model or phase.model,
        train,
        validation,
        epochs=plan.epochs,
        schedule=Schedule(
            peak=plan.learning_rate,
            total_steps=train.steps * plan.epochs,
            warmup_steps=train.steps * plan.warmup_epochs,
            kind=setup.training.schedule,
        ),
        steps_per_execution=setup.steps_per_execution,
    )
    epochs.answers_untrained = learning.answers_untrained
    epochs.monitor = setup.task.monitor
    better: dict[str, Literal["higher", "lower"]] = {"max": "higher", "min": "lower"}
    epochs.better = better[setup.task.mode]
    return epochs


def _as_learned(learning: Learning, phase: Phase) -> tuple[Passes, Any]:
    """Return the data as the task learns it, training examples weighted on request."""
    train, validation = phase.train, phase.validation
    if phase.plan.class_weight:
        train = WeightedPasses(train, phase.plan.class_weight)
    if learning.batch is not as_given:
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
    config = setup.training
    wrapped.compile(
        optimizer=make_optimizer(
            config,
            plan.learning_rate,
            plan.rate_factors,
            plan.optimizer,
            setup.runtime.watch != "off" and on_one_device(),
        ),
        **learning.compile_arguments(),
        jit_compile=setup.jit_compile or keras.backend.backend() == "jax",
    )
    wrapped.optimizer.build(wrapped.trainable_variables)
    # Metrics make their variables at the first batch; a state needs them before.
    wrapped._symbolic_build(data_batch=_symbolic(train(0).element_spec))
    if learning.main:  # its figures are the task's, and go by their names alone
        own = wrapped._compile_metrics
        for metric in filter(None, [*own._flat_metrics, *own._flat_weighted_metrics]):
            metric.output_name = None
    return wrapped


def _symbolic(spec: Any) -> Any:
    """Return a batch of one example without values, of a tf.data specification."""
    return tf.nest.map_structure(
        lambda s: keras.KerasTensor((1, *s.shape[1:]), s.dtype.name), spec
    )

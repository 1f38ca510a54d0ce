"""The workload of supervised training: passes of a Keras model over its data."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from tfapp.base.storage.checksums import sealing
from tfapp.machine.cluster import alone, team
from tfapp.training.loop.pulse import Pulse
from tfapp.training.loop.schedule import Schedule
from tfapp.training.loop.statistics import MeasuredStatistics
from tfapp.training.loop.stepping import Stepper
from tfapp.training.loop.workload import (
    Figures,
    InputError,
    NotFiniteError,
    Workload,
)
from tfapp.training.optimizers import innermost
from tfapp.training.passes import Passes, stream

EXECUTION_SECONDS = 0.05
"""Steps are bundled into calls of about this length."""
MOST_STEPS_PER_CALL = 32

Compiled = tuple[keras.Model, Stepper]


class Epochs(Workload):
    """Passes over training data, each followed by one over validation data.

    Args:
        build: returns the compiled model and what takes its steps; called once, and
            not at all if the phase is read back.
        checkpoint_model: the model whose weights file the phase leaves; it shares
            the variables.
        train: passes over the training data.
        validation: what `keras.Model.evaluate` takes, or None.
        epochs: passes to make.
        schedule: the learning rate.
        steps_per_execution: training steps in one call; 0 = by their length.

    Attributes:
        answers_untrained: whether the model begins with a solution, which an epoch has
            to beat.
    """

    unit, round_name, suffix = "steps", "epoch", ".weights.h5"
    answers_untrained = False

    def __init__(
        self,
        build: Callable[[], Compiled],
        checkpoint_model: keras.Model,
        train: Passes,
        validation: Any,
        *,
        epochs: int,
        schedule: Schedule,
        steps_per_execution: int = 0,
    ) -> None:
        self.round_units = train.steps
        self.total = train.steps * epochs
        self.checkpoint_model = checkpoint_model
        self.train = train
        self.validation = validation
        self.schedule = schedule
        self.steps_per_execution = steps_per_execution
        self.waiting = self.computing = 0.0
        self._pulse = Pulse()
        self._build = build
        self._compiled: Compiled | None = None
        self._batches: Any = None
        self._streams = False
        self._statistics: MeasuredStatistics | None = None
        self._per_call = max(steps_per_execution, 1)

    @property
    def model(self) -> keras.Model:
        """The compiled model, made when it is first needed."""
        self._compiled = self._compiled or self._build()
        return self._compiled[0]

    @property
    def stepper(self) -> Stepper:
        """Takes the steps of `model`."""
        self._compiled = self._compiled or self._build()
        return self._compiled[1]

    def begin(self, budget_share: Callable[[], float]) -> None:
        """Let the learning rate follow the clock too; see `Workload`."""
        self._budget_share = budget_share

    def advance(self) -> Figures:
        """Take as many training steps as go into one call; see `Workload`."""
        epoch, step = divmod(self.done, self.round_units)
        if not step:
            self.model.reset_metrics()
            self.waiting = self.computing = 0.0
            self._pulse.begin_epoch()
        self._find_batches(epoch, step)
        began = time.monotonic()
        batches = self._take(step)
        loaded = time.monotonic()
        share = self._budget_share()
        rates = [self.schedule.at(self.done + i, share) for i in range(len(batches))]
        logs = self.stepper.step(batches, rates)
        for index, log in enumerate(logs):
            if not math.isfinite(loss := float(log["loss"])):
                where = f"epoch {epoch + 1}, batch {step + index + 1}"
                raise NotFiniteError(loss, where)
        seconds = time.monotonic() - loaded
        self.done += len(batches)
        self.waiting += loaded - began
        self.computing += seconds
        self._pulse.add(batches, loss, loaded - began, seconds)
        self._choose_steps_per_call(seconds / len(batches))
        return {**logs[-1], "learning_rate": rates[-1], **self._speed()}

    def _find_batches(self, epoch: int, step: int) -> None:
        """Begin the rest of the training, or else of the epoch, where it is needed."""
        if self._batches is None or not (step or self._streams):
            rest = stream(self.train, epoch, step, self.total // self.round_units)
            self._streams = rest is not None
            self._batches = self.stepper.batches(rest or self.train(epoch, step))

    def _take(self, step: int) -> list[Any]:
        """Return the batches of the next call."""
        # The last batch may be smaller, so it goes alone: one graph for the others.
        left = self.round_units - step
        count = self._per_call if self._per_call < left else 1
        try:
            return [next(self._batches) for _ in range(count)]
        except Exception as error:
            raise InputError from error

    def _choose_steps_per_call(self, seconds: float) -> None:
        """Bundle short steps, whose calls would cost as much as their work."""
        # The first steps trace a graph; counted within the first epoch.
        if self.steps_per_execution or self._per_call > 1 or self.done < 3:
            return
        most = min(MOST_STEPS_PER_CALL, self.round_units // 2)
        fitting = max(1, min(most, int(EXECUTION_SECONDS / seconds)))
        self._per_call = team().agree(fitting)

    def pulse(self) -> Figures:
        """Return loss, gradient and seconds of the steps since the last call."""
        norm = self.stepper.gradient_norm()
        own = self._pulse.take()
        return own if norm is None or not own else {**own, "gradient_norm": norm}

    def examples_per_second(self) -> float:
        """Return how many examples are learned from in a second; see `Workload`."""
        return self._pulse.speed

    def _speed(self) -> dict[str, float]:
        busy = self.waiting + self.computing
        share = round(self.waiting / busy, 4) if busy else 0.0
        return {"seconds": round(busy, 4), "waiting_share": share}

    def start(self) -> float | None:
        """Return the monitored figure of a model that begins with a solution."""
        figures = self.score() if self.answers_untrained else None
        return (figures or {}).get(self.monitor)

    def score(self) -> Figures | None:
        """Return loss and metrics on the validation data, named "val_…"."""
        if self.validation is None:
            return None
        figures = self.stepper.evaluate(self.validation)
        return {f"val_{name}": value for name, value in figures.items()}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Give the model the moving average of its weights, if there is one.

        The running statistics of batch normalisation are measured anew for it.
        """
        self.stepper.sync()
        optimizer = innermost(self.model.optimizer)
        if not optimizer.use_ema:
            yield
            return
        weights = self.weights()
        before = [keras.ops.convert_to_numpy(v) for v in weights]
        optimizer.finalize_variable_values(self.model.trainable_variables)
        try:
            self._measure_statistics()
            yield
        finally:
            for variable, value in zip(weights, before, strict=True):
                variable.assign(value)

    def _measure_statistics(self) -> None:
        """Measure what the averaged weights give for the first batches of the epoch."""
        self._statistics = self._statistics or MeasuredStatistics(self.model)
        epoch = max(self.done - 1, 0) // self.round_units
        with alone():  # all of every batch, so that all workers measure the same
            self._statistics.measure(self.train(epoch))

    def variables(self) -> Sequence[Any]:
        """Return what changes of model, optimizer and metrics; see `Workload`."""
        self.stepper.sync()
        model = self.model
        variables = [
            *self.weights(),
            *model.optimizer.variables,
            *model.metrics_variables,
        ]
        return list({id(v): v for v in variables}.values())

    def weights(self) -> Sequence[Any]:
        """Return the variables of the model that training can change, each once.

        Those are all but the weights of frozen layers: what learns, running
        statistics, and the state of random layers.
        """
        layers: Sequence[Any] = self.model._flatten_layers()
        frozen = {id(w) for x in layers if not x.trainable for w in x.weights}
        trainable = {id(v): v for v in self.model.variables if id(v) not in frozen}
        return list(trainable.values())

    def trained_weights(self) -> int:
        """Return the number of scalars that the optimizer changes."""
        return sum(math.prod(w.shape) for w in self.model.trainable_weights)

    def extra_state(self) -> dict[str, Any]:
        """Return the seconds of the epoch under way."""
        seconds = {"waiting": self.waiting, "computing": self.computing}
        return {**seconds, "examples": self._pulse.examples}

    def restore(self, extra_state: Mapping[str, Any]) -> None:
        """Take the seconds of the epoch under way back."""
        self.waiting = extra_state["waiting"]
        self.computing = extra_state["computing"]
        self._pulse.examples = extra_state["examples"]

    def save(self, path: Path) -> None:
        """Write a Keras weights file of the whole model."""
        with sealing(path) as temporary:
            self.checkpoint_model.save_weights(temporary)

    def load(self, path: Path) -> None:
        """Read the weights of the whole model back."""
        self.checkpoint_model.load_weights(path)

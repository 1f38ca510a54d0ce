"""One training step on whichever backend Keras runs on.

`keras.Model.fit` cannot stop in the middle of an epoch and go on from there, nor tell
waiting for data from computing; so the steps are taken one by one, each of them the
model's own `train_step`.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import keras
import tensorflow as tf

from tfapp.machine.cluster import team
from tfapp.training.jax_devices import JaxStepper, evaluated
from tfapp.training.optimizers import innermost
from tfapp.training.trees import differ_in_length


class Stepper(Protocol):
    """Takes training steps."""

    def batches(self, dataset: Any) -> Any:
        """Return an iterator over the batches of a tf.data.Dataset."""

    def step(self, batches: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Learn from some batches, one step each.

        Args:
            batches: (inputs, labels) or (inputs, labels, weights).
            rates: learning rate of each step.

        Returns:
            One dict of running means per step, metric name → scalar.
        """

    def evaluate(self, validation: Any) -> dict[str, float]:
        """Return loss and metrics on what `keras.Model.evaluate` takes."""

    def sync(self) -> None:
        """Bring the model's variables up to date with the steps taken."""

    def gradient_norm(self) -> float | None:
        """Return the norm of the last step's gradient, None if it is not measured."""


def make_stepper(model: keras.Model, strategy: Any) -> Stepper:
    """Return the stepper of a compiled model on the backend in use.

    Args:
        model: compiled, its optimizer and metrics built.
        strategy: tf.distribute strategy that the model was built under.
    """
    if keras.backend.backend() == "jax":
        return JaxStepper(model)
    kind = WorkersStepper if team().size > 1 else TensorFlowStepper
    return kind(model, strategy)


class TensorFlowStepper:
    """Steps as TensorFlow graphs, several in one call on request."""

    def __init__(self, model: keras.Model, strategy: Any) -> None:
        self.model = model
        self.strategy = strategy
        optimizer = innermost(model.optimizer)
        model.make_train_function()

        def one(batch: Any, rate: Any) -> Any:
            optimizer.learning_rate = rate
            return model.train_function(iter([batch]))

        @tf.autograph.experimental.do_not_convert
        def steps(batches: tuple[Any, ...], rates: Any) -> list[Any]:
            return [one(batch, rates[index]) for index, batch in enumerate(batches)]

        @tf.autograph.experimental.do_not_convert
        def alike(batches: tuple[Any, ...], rates: Any, names: tuple[str, ...]) -> Any:
            joined = tf.nest.map_structure(lambda *parts: tf.stack(parts), *batches)
            kinds = dict.fromkeys(names, tf.TensorSpec((), tf.float32))

            def step(part: Any) -> Any:
                logs = one(*part)
                return {name: tf.cast(logs[name], tf.float32) for name in names}

            return tf.map_fn(
                tf.autograph.experimental.do_not_convert(step),
                (joined, rates),
                parallel_iterations=1,
                fn_output_signature=kinds,
            )

        self.steps = tf.function(steps, reduce_retracing=True)
        self._form: Any = None
        self._graphs: dict[int, Any] = {}
        # A loop in the graph: a graph of many steps takes many times as long to build.
        self.alike = tf.function(alike, reduce_retracing=True)
        self._names: tuple[str, ...] = ()
        # An iterator over the validation data that never ends: starting one anew after
        # every epoch takes longer than to judge a small set.
        self._judged: tuple[Any, Any] | None = None

    def batches(self, dataset: Any) -> Any:
        """Return an iterator over the batches, dealt out to the replicas if many."""
        if self.strategy.num_replicas_in_sync > 1:
            dataset = self.strategy.experimental_distribute_dataset(dataset)
        elif differ_in_length(dataset.element_spec):
            self._form = dataset.element_spec
        return iter(dataset)

    def step(self, batches: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Learn from some batches; see `Stepper`."""
        batches, rates = tuple(batches), tf.constant(rates, tf.float32)
        if self._form is not None:
            return list(self._graph(len(batches))(batches, rates))
        if len(batches) == 1 or not self._names or not _alike(batches):
            logs = list(self.steps(batches, rates))
            self._names = tuple(logs[0])
            return logs
        figures = self.alike(batches, rates, self._names)
        rows = zip(*(figures[name].numpy() for name in self._names), strict=True)
        return [dict(zip(self._names, row, strict=True)) for row in rows]

    def _graph(self, count: int) -> Any:
        """Return the graph of some steps on batches of any length.

        A graph that is traced for the first batch's own length may round otherwise
        than that for all lengths, and a resumed run begins with another batch.
        """
        if count not in self._graphs:
            self._graphs[count] = self.steps.get_concrete_function(
                (self._form,) * count, tf.TensorSpec((count,), tf.float32)
            )
        return self._graphs[count]

    def evaluate(self, validation: Any) -> dict[str, float]:
        """Return loss and metrics; see `Stepper`."""
        count = _count(validation) if self.strategy.num_replicas_in_sync == 1 else 0
        if not count:
            return evaluated(self.model, validation)
        if self._judged is None or self._judged[0] is not validation:
            self._judged = validation, iter(validation.repeat())
        self.model.make_test_function()
        self.model.reset_metrics()
        self._judge(self._judged[1], tf.constant(count, tf.int64))
        return {k: float(v) for k, v in self.model.get_metrics_result().items()}

    @cached_property
    def _judge(self) -> Any:
        """Evaluates the model on batches of an iterator, as many as it is told."""
        plain = tf.autograph.experimental.do_not_convert

        def step(batches: Any, done: Any) -> Any:
            self.model.test_function(iter([next(batches)]))
            return done + 1

        def judge(batches: Any, count: Any) -> None:
            tf.while_loop(
                lambda done: done < count,
                plain(lambda done: (step(batches, done),)),
                [tf.constant(0, tf.int64)],
                parallel_iterations=1,
            )

        return tf.function(plain(judge))

    def sync(self) -> None:
        """Do nothing: the graphs work on the variables themselves."""

    def gradient_norm(self) -> float | None:
        """Return the norm of the last gradient; see `Stepper`."""
        norm = getattr(innermost(self.model.optimizer), "gradient_norm", None)
        return None if norm is None else float(norm)


class WorkersStepper(TensorFlowStepper):
    """Steps of several workers, each of which reads its own share of every batch."""

    def __init__(self, model: keras.Model, strategy: Any) -> None:
        super().__init__(model, strategy)

        @tf.autograph.experimental.do_not_convert
        def test(batch: Any) -> None:
            strategy.run(model.test_step, args=(batch,))

        self.test = tf.function(test, reduce_retracing=True)

    def batches(self, dataset: Any) -> Any:
        """Return an iterator over the batches of this worker."""
        return iter(dataset)

    def evaluate(self, validation: Any) -> dict[str, float]:
        """Return loss and metrics of all workers' batches, however many each has."""
        self.model.reset_metrics()
        for batch in validation:
            self.test(batch)
        # Read where all replicas are seen, metrics are sums over the workers.
        with self.strategy.scope():
            results = self.model.get_metrics_result()
        return {name: float(value) for name, value in results.items()}


def _alike(batches: Sequence[Any]) -> bool:
    """Return whether batches are tensors of equal shapes."""
    parts = [tf.nest.flatten(batch) for batch in batches]
    forms = [
        [p.shape.as_list() if isinstance(p, tf.Tensor) else None for p in part]
        for part in parts
    ]
    return None not in forms[0] and all(form == forms[0] for form in forms)


def _count(validation: Any) -> int:
    """Return the number of batches of a tf.data.Dataset, 0 where it is not known."""
    if not isinstance(validation, tf.data.Dataset):
        return 0
    return max(0, int(validation.cardinality()))

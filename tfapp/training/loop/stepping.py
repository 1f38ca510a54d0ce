"""One training step on whichever backend Keras runs on.

`keras.Model.fit` cannot stop in the middle of an epoch and go on from there, nor tell
waiting for data from computing; so the steps are taken one by one, each of them the
model's own `train_step`.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from tfapp.machine.cluster import team
from tfapp.training.jax_devices import shared
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

        @tf.autograph.experimental.do_not_convert
        def steps(batches: tuple[Any, ...], rates: Any) -> list[Any]:
            logs = []
            for index, batch in enumerate(batches):
                optimizer.learning_rate = rates[index]
                logs.append(model.train_function(iter([batch])))
            return logs

        self.steps = tf.function(steps, reduce_retracing=True)
        self._form: Any = None
        self._graphs: dict[int, Any] = {}

    def batches(self, dataset: Any) -> Any:
        """Return an iterator over the batches, dealt out to the replicas if many."""
        if self.strategy.num_replicas_in_sync > 1:
            dataset = self.strategy.experimental_distribute_dataset(dataset)
        elif differ_in_length(dataset.element_spec):
            self._form = dataset.element_spec
        return iter(dataset)

    def step(self, batches: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Learn from some batches; see `Stepper`."""
        graph = self._graph(len(batches)) if self._form is not None else self.steps
        return list(graph(tuple(batches), tf.constant(rates, tf.float32)))

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
        return _evaluated(self.model, validation)

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


class JaxStepper:
    """Steps as compiled JAX functions; the state lives outside the variables."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        model.make_train_function()
        rate = innermost(model.optimizer)._learning_rate
        self.rate_index = [v is rate for v in model.optimizer.variables].index(True)
        self.state: tuple[list[Any], ...] | None = None

    def batches(self, dataset: Any) -> Any:
        """Return an iterator over batches on the device, or dealt out to several."""
        return map(shared, dataset.as_numpy_iterator())

    def step(self, batches: Sequence[Any], rates: Sequence[float]) -> list[Any]:
        """Learn from some batches; see `Stepper`."""
        logs = []
        for batch, rate in zip(batches, rates, strict=True):
            state = self.state or self._collected()
            state[2][self.rate_index] = keras.ops.convert_to_tensor(rate, "float32")
            log, self.state = self.model.train_function(state, iter([batch]))
            logs.append(log)
        return logs

    def evaluate(self, validation: Any) -> dict[str, float]:
        """Return loss and metrics; see `Stepper`."""
        if keras.distribution.distribution() is None:
            return _evaluated(self.model, validation)
        model = self.model  # Keras' own loop cannot divide the last batch
        model.reset_metrics()
        model.make_test_function()
        trainable, fixed, _, metrics = self._collected()
        state = (trainable, fixed, metrics)
        for batch in map(shared, validation.as_numpy_iterator()):
            _, state = model.test_function(state, iter([batch]))
        for variable, value in zip(model.metrics_variables, state[2], strict=True):
            variable.assign(value)
        return {k: float(v) for k, v in model.get_metrics_result().items()}

    def sync(self) -> None:
        """Write the state back into the variables."""
        if self.state is None:
            return
        for variables, values in zip(self._variables(), self.state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self.state = None

    def gradient_norm(self) -> float | None:
        """Return the norm of the last gradient; see `Stepper`."""
        norm = getattr(innermost(self.model.optimizer), "gradient_norm", None)
        if norm is None or self.state is None:
            return None if norm is None else float(norm)
        place = [v is norm for v in self.model.optimizer.variables].index(True)
        return float(self.state[2][place])

    def _variables(self) -> tuple[list[Any], ...]:
        """Return the variables in the order in which Keras' train_step takes them."""
        model = self.model
        return (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )

    def _collected(self) -> tuple[list[Any], ...]:
        # Copies: the compiled step takes the memory of what it is given.
        return tuple(
            [keras.ops.copy(v.value) for v in variables]
            for variables in self._variables()
        )


def _evaluated(model: keras.Model, validation: Any) -> dict[str, float]:
    figures: dict[str, float] = model.evaluate(validation, verbose=0, return_dict=True)
    return figures

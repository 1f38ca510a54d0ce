"""Training steps on JAX, data parallel on all devices that it sees."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from tfapp.training.optimizers import innermost


class JaxDevices:
    """Every device has a copy of the weights and a share of every batch.

    It offers what of a tf.distribute strategy is used elsewhere.
    """

    def __init__(self) -> None:
        gpus = keras.distribution.list_devices("gpu") if _has_gpus() else []
        devices = gpus or keras.distribution.list_devices("cpu")
        self.distribution = keras.distribution.DataParallel(devices=devices)

    @property
    def num_replicas_in_sync(self) -> int:
        """Number of devices."""
        return int(self.distribution.device_mesh.devices.size)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Let variables made inside have a copy on every device."""
        with self.distribution.scope():
            yield


def shared(batch: Any) -> Any:
    """Deal out a batch of arrays to the devices; as it is without a distribution.

    A batch that cannot be divided evenly goes to all of them whole, which computes the
    same.
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return batch
    devices = distribution.device_mesh.devices.size

    def place(part: Any) -> Any:
        layout = distribution.get_data_layout(part.shape)
        if len(part) % devices:
            axes = [None] * np.ndim(part)
            layout = keras.distribution.TensorLayout(axes, distribution.device_mesh)
        return keras.distribution.distribute_tensor(
            keras.ops.convert_to_tensor(part), layout
        )

    return keras.tree.map_structure(place, batch)


def _has_gpus() -> bool:
    import jax

    return any(device.platform == "gpu" for device in jax.devices())


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
        """Learn from some batches; see `stepping.Stepper`."""
        logs = []
        for batch, rate in zip(batches, rates, strict=True):
            state = self.state or self._collected()
            state[2][self.rate_index] = keras.ops.convert_to_tensor(rate, "float32")
            log, self.state = self.model.train_function(state, iter([batch]))
            logs.append(log)
        return logs

    def evaluate(self, validation: Any) -> dict[str, float]:
        """Return loss and metrics; see `stepping.Stepper`."""
        if keras.distribution.distribution() is None:
            return evaluated(self.model, validation)
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
        """Return the norm of the last gradient; see `stepping.Stepper`."""
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


def evaluated(model: keras.Model, validation: Any) -> dict[str, float]:
    """Return loss and metrics of a model on what `keras.Model.evaluate` takes."""
    figures: dict[str, float] = model.evaluate(validation, verbose=0, return_dict=True)
    return figures

"""Devices, distribution, precision and determinism of a run."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import keras
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.machine import processor
from tfapp.machine.cluster import team
from tfapp.machine.start import own_cores
from tfapp.recipes.config import RuntimeConfig
from tfapp.training.jax_devices import JaxDevices
from tfapp.training.workers import make_workers_strategy


class Choice(Protocol):
    """What `describe` shows of a PrecisionChoice."""

    @property
    def policy(self) -> str:
        """Name of the dtype policy."""

    @property
    def reason(self) -> str:
        """Why this one, in a few words."""

    @property
    def jit_compile(self) -> bool:
        """Whether XLA compiles the training step."""


class GPU(NamedTuple):
    """A GPU: its name, and its compute capability without the minor number."""

    name: str
    capability: int


def gpus() -> list[GPU]:
    """Return the GPUs that the backend in use computes on."""
    if keras.config.backend() == "jax":
        import jax

        gpu_devices = [d for d in jax.devices() if d.platform == "gpu"]
        return [GPU(d.device_kind, _major(d)) for d in gpu_devices]
    details = [
        tf.config.experimental.get_device_details(device)
        for device in tf.config.get_visible_devices("GPU")
    ]
    return [
        GPU(d.get("device_name", "GPU"), d.get("compute_capability", (0, 0))[0])
        for d in details
    ]


def identity(runtime: RuntimeConfig) -> list[Any]:
    """Return what decides how fast this machine computes, JSON-ready."""
    backend = keras.config.backend()
    if visible := gpus():
        return [backend, sorted(visible)]
    features = sorted(processor.processor_features())
    return [backend, processor.processor_name(), features, threads(runtime)]


def threads(runtime: RuntimeConfig) -> int:
    """Return the threads that one operation may use."""
    if keras.config.backend() == "tensorflow":
        running = int(tf.config.threading.get_intra_op_parallelism_threads())
        return running or processor.allowed_cores()
    return runtime.threads or own_cores()


def on_one_device() -> bool:
    """Say whether this process alone trains, on one device."""
    divided = tf.distribute.has_strategy() or (
        keras.backend.backend() == "jax"
        and keras.distribution.distribution() is not None
    )
    return team().size == 1 and not divided


def make_strategy(runtime: RuntimeConfig) -> Any:
    """Return the tf.distribute strategy of a run.

    A process that has joined others is one of several workers. Else
    "auto" mirrors over the GPUs if there are several, and is a single device else;
    "mirrored" insists, over logical CPUs too if there is no GPU. JAX does the same by
    `JaxDevices`; for its single device the default strategy does nothing.
    """
    if keras.config.backend() == "jax":
        several = runtime.strategy == "auto" and len(gpus()) > 1
        if runtime.strategy == "mirrored" or several:
            return JaxDevices()
    if keras.config.backend() != "tensorflow":
        return tf.distribute.get_strategy()
    if cluster := team().cluster:
        return make_workers_strategy(cluster)
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices(
        "CPU"
    )
    several_gpus = len(tf.config.list_logical_devices("GPU")) > 1
    if runtime.strategy == "mirrored" or (runtime.strategy == "auto" and several_gpus):
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    return tf.distribute.get_strategy()


def check_batch_size(batch_size: int, strategy: Any) -> None:
    """Refuse a global batch that the replicas cannot share evenly.

    Raises:
        ConfigError: naming both numbers.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ConfigError(
            f"`data.batch_size` {batch_size} is not divisible by {replicas} replicas. "
            f"Set it to a multiple of {replicas}."
        )


def check_compilation(model: keras.Model, jit_compile: bool, strategy: Any) -> None:
    """Refuse XLA where it cannot run: several workers, random layers over replicas.

    Their random state lies on one device, where the others' programs cannot see it.

    Raises:
        ConfigError: naming the first such layer.
    """
    if not jit_compile or strategy.num_replicas_in_sync == 1:
        return
    if keras.config.backend() == "jax":  # its random state is a value like others
        return
    if team().cluster:
        raise ConfigError(
            "`runtime.compile` = 'on' cannot join gradients over several workers. Set "
            "runtime.compile = 'off'."
        )
    for layer in model._flatten_layers():
        if any(isinstance(v, keras.random.SeedGenerator) for v in vars(layer).values()):
            raise ConfigError(
                f"`runtime.compile` = 'on' cannot draw random numbers over several "
                f"replicas, as layer {layer.name!r} does. Set runtime.compile = 'off'."
            )


@contextmanager
def numerics(
    runtime: RuntimeConfig, seed: int, policy: str | None = None
) -> Iterator[None]:
    """Seed everything and set precision and determinism; undo the policy after.

    Determinism belongs to the process and stays: TensorFlow cannot switch it off.

    Args:
        runtime: of the recipe.
        seed: of the run.
        policy: name of the dtype policy chosen; None for the recipe's, float32 if
            that is "auto".
    """
    tf.get_logger().setLevel(logging.ERROR)
    before = keras.config.dtype_policy()
    if runtime.deterministic:
        tf.config.experimental.enable_op_determinism()
    named = "float32" if runtime.precision == "auto" else runtime.precision
    begin_anew(seed, policy or named)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def begin_anew(seed: int, policy: str) -> None:
    """Seed all random streams, and set the dtype policy of the layers to come."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(policy)


def describe(
    strategy: Any,
    runtime: RuntimeConfig,
    choice: Choice | None = None,
    parts: Sequence[str] = (),
) -> str:
    """Return the one line that announces what a run computes with, and how.

    Args:
        strategy: of the run.
        runtime: of the recipe.
        choice: precision and compilation; None before they are chosen.
        parts: what else to show the user, such as "features kept".
    """
    replicas, cluster = strategy.num_replicas_in_sync, team().cluster
    shared = f", mirrored over {replicas}" if replicas > 1 else ""
    if cluster:
        shared = f", each of {replicas} workers ({cluster.source})"
    line = [f"{_device(runtime)}{shared}"]
    if choice is None:
        line.append("float32" if runtime.precision == "auto" else runtime.precision)
    else:
        line.append(f"{choice.policy} ({choice.reason})")
    line += parts
    if choice is not None:
        line.append(f"XLA {'on' if choice.jit_compile else 'off'}")
    if keras.config.backend() != "tensorflow":
        line.append(f"Keras on {keras.config.backend()}")
    if runtime.deterministic:
        line.append("deterministic")
    return "; ".join(line)


def _device(runtime: RuntimeConfig) -> str:
    visible = gpus()
    if visible:
        return (
            f"{len(visible)} GPU ({', '.join(sorted({gpu.name for gpu in visible}))})"
        )
    unit = processor.bfloat16_unit()
    bfloat16 = f", {unit} bfloat16" if unit else ""
    count = threads(runtime)
    counted = f"{count} thread{'s' if count > 1 else ''}"
    return f"CPU ({processor.processor_name()}{bfloat16}), {counted}"


def _major(device: Any) -> int:
    """Return the whole part of a JAX device's compute capability, 0 if unknown."""
    return int(str(getattr(device, "compute_capability", 0)).partition(".")[0] or 0)

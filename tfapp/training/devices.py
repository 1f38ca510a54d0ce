"""Devices, distribution, precision and determinism of a run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from tfapp.config import RuntimeConfig
from tfapp.errors import ConfigError


def make_strategy(runtime: RuntimeConfig) -> Any:
    """Return the tf.distribute strategy of a run.

    "auto" mirrors over the GPUs if there are several, and is a single device else;
    "mirrored" insists, over logical CPUs too if there is no GPU.
    """
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


@contextmanager
def numerics(runtime: RuntimeConfig, seed: int) -> Iterator[None]:
    """Seed everything and set precision and determinism; undo the policy after."""
    tf.get_logger().setLevel(logging.ERROR)
    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(seed)
    if runtime.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(runtime.precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def describe(strategy: Any, runtime: RuntimeConfig) -> str:
    """Return one line on what the run computes with."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        names = {
            tf.config.experimental.get_device_details(g).get("device_name", "GPU")
            for g in gpus
        }
        device = f"{len(gpus)} GPU ({', '.join(sorted(names))})"
    else:
        device = "CPU"
    replicas = strategy.num_replicas_in_sync
    shared = f", mirrored over {replicas}" if replicas > 1 else ""
    return f"{device}{shared}; {runtime.precision}"

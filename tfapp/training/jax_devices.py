"""Data parallel training on all devices that JAX sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np


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

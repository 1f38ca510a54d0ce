"""TensorFlow's strategy for several workers, so that Keras trains under it.

Every worker has a copy of the weights and a share of every batch; gradients are
averaged over all, so the weights stay equal.
"""

from functools import cache
from typing import Any

import keras
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.machine.cluster import Cluster, team
from tfapp.training.transfer.identity import weights_digest


class WorkersStrategy(tf.distribute.MultiWorkerMirroredStrategy):
    """The multi-worker strategy with the two answers that Keras 3's trainer needs.

    Keras asks for the mean of a whole batch to learn its shapes, and for the mean of
    scalar logs along an axis that a scalar does not have.
    """

    def reduce(self, reduce_op: Any, value: Any, axis: int | None = None) -> Any:
        """Return a value reduced over all workers; a batch is that of this worker."""

        def local(each: Any) -> Any:
            return self.experimental_local_results(each)[0]

        if tf.nest.is_nested(value):
            return tf.nest.map_structure(local, value)
        if axis == 0 and not local(value).shape.rank:
            axis = None
        return super().reduce(reduce_op, value, axis=axis)


@cache
def make_workers_strategy(cluster: Cluster) -> WorkersStrategy:
    """Connect to the other workers, once; every process computes on one device.

    Args:
        cluster: of this process.

    Raises:
        ConfigError: if TensorFlow has computed before in this process, or the machine
            has fewer GPUs than workers.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus and cluster.local_size > len(gpus):
        raise ConfigError(
            f"{cluster.source} names {cluster.local_size} workers on a machine of "
            f"{len(gpus)} GPU(s). Start one worker per GPU."
        )
    spec = tf.train.ClusterSpec({"worker": list(cluster.workers)})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        spec, task_type="worker", task_id=cluster.index, rpc_layer="grpc"
    )
    try:
        if gpus:
            tf.config.set_visible_devices(gpus[cluster.local_index], "GPU")
        return WorkersStrategy(cluster_resolver=resolver)
    except RuntimeError as error:
        if "startup" not in str(error) and "initialized" not in str(error):
            raise
        raise ConfigError(
            "TensorFlow has computed in this process already, and can join no workers "
            "now. Run this recipe in a new process."
        ) from error


def ready_for_workers(model: keras.Model) -> None:
    """Refuse workers that begin with other weights; join batch normalisation.

    Raises:
        ConfigError: naming the worker.
    """
    team().compare({"digest of the first weights": weights_digest(model)})
    synchronize_normalization(model, True)


def synchronize_normalization(model: keras.Model, synchronized: bool) -> None:
    """Let batch normalisation that learns see the batches of all workers, or not.

    Args:
        model: changed in place.
        synchronized: whether means and variances are those of all workers together.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = synchronized

"""Batches that other processes read and decode: tf.data service, in a fixed order."""

import socket
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tfapp.base.errors import ConfigError

CONNECT_SECONDS = 5.0

Part = tuple[int, int]
"""(i, n): every n-th batch of a pass, from batch i on."""


def served(make: Callable[[Part], Any], servers: Sequence[str], count: int) -> Any:
    """Return the batches of a pass, which servers make in turn.

    Each server makes every so many batches of its own, so the order does not depend on
    which of them is quicker.

    Args:
        make: part → tf.data.Dataset of those batches, of TensorFlow operations alone.
        servers: "host:port" of each.
        count: batches of the pass.
    """
    parts = [
        make((index, len(servers))).apply(
            tf.data.experimental.service.distribute(
                processing_mode=tf.data.experimental.service.ShardingPolicy.OFF,
                service=f"grpc://{server}",
            )
        )
        for index, server in enumerate(servers)
    ]
    if len(parts) > 1:
        turns = tf.data.Dataset.range(count).map(lambda number: number % len(parts))
        parts = [tf.data.Dataset.choose_from_datasets(parts, turns, False)]
    cardinality = tf.data.experimental.assert_cardinality(count)
    return parts[0].apply(cardinality).prefetch(tf.data.AUTOTUNE)


def require_servers(servers: Sequence[str]) -> None:
    """Refuse servers that do not answer: TensorFlow would wait for them for hours.

    Raises:
        ConfigError: naming the first.
    """
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
        except (OSError, ValueError, OverflowError) as error:
            raise ConfigError(
                f"`runtime.input_service` names {server!r}, which does not answer "
                f"({error}). Start `tfapp decode` there, and give HOST:PORT."
            ) from error


class InputServer:
    """A server that reads and decodes for runs of other processes.

    Args:
        host: name by which the runs reach this machine.
        port: of the server; the port above it is used too.

    Raises:
        ConfigError: if a port is taken.
    """

    def __init__(self, host: str, port: int) -> None:
        service = tf.data.experimental.service
        try:
            self.dispatcher = service.DispatchServer(
                service.DispatcherConfig(port=port)
            )
            self.worker = service.WorkerServer(
                service.WorkerConfig(
                    dispatcher_address=f"localhost:{port}",
                    worker_address=f"{host}:{port + 1}",
                    port=port + 1,
                )
            )
        except tf.errors.OpError as error:
            raise ConfigError(
                f"The input server cannot listen on ports {port} and {port + 1}: they "
                "are taken. Give another one with --port."
            ) from error

    serves = True
    """It ends with its process, or when it is no longer referred to."""

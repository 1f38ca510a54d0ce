"""How the workers of a cluster come together."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tfapp.base.errors import ConfigError
from tfapp.machine.cluster.channel import Channel, ClosedError, connected
from tfapp.machine.cluster.discovery import Cluster
from tfapp.machine.cluster.team import Team, Worker, belonging

JOIN_SECONDS = "TFAPP_JOIN_SECONDS"
"""Variable: seconds that workers wait for one another at the start."""
GREETING_SECONDS = 5.0

_joined: set[Cluster] = set()
"""Clusters that this process has belonged to."""


@contextmanager
def join(cluster: Cluster | None) -> Iterator[Team]:
    """Be a worker of a cluster, as `team` then returns; a failure reaches the others.

    Args:
        cluster: None for a process of its own.

    Raises:
        ConfigError: if a port is taken, or a worker does not come.
    """
    if cluster is None:
        yield Team()
        return
    if cluster not in _joined:  # else TensorFlow listens there for this process
        _require_free(cluster)
    seconds = float(os.environ.get(JOIN_SECONDS) or 120)
    make = _accepted if cluster.index == 0 else _reached
    worker = Worker(cluster, make(cluster, seconds))
    _joined.add(cluster)
    try:
        with belonging(worker):
            yield worker
    except SystemExit:  # a worker whose part is done
        raise
    except BaseException as error:
        worker.fail(str(error) or type(error).__name__)
        raise
    finally:
        for channel in worker.channels.values():
            channel.close()


def _require_free(cluster: Cluster) -> None:
    """Refuse a port that another program holds, before TensorFlow aborts on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", cluster.port))
        except OSError as error:
            raise _taken(cluster, cluster.port) from error


def _taken(cluster: Cluster, port: int) -> ConfigError:
    return ConfigError(
        f"Port {port} of {cluster.name(cluster.index)} is taken by another program. "
        f"Stop it, or give another port in {cluster.source}."
    )


def _accepted(cluster: Cluster, seconds: float) -> dict[int, Channel]:
    """Wait for all others to connect.

    Raises:
        ConfigError: naming those that do not.
    """
    port, channels = cluster.control[1], dict[int, Channel]()
    try:
        server = socket.create_server(("", port))
    except OSError as error:
        raise _taken(cluster, port) from error
    with server:
        server.settimeout(seconds)
        while len(channels) < len(cluster.workers) - 1:
            try:
                channel = Channel(server.accept()[0])
            except TimeoutError:
                missing = [
                    cluster.name(index)
                    for index in range(1, len(cluster.workers))
                    if index not in channels
                ]
                raise ConfigError(
                    f"No sign of {', '.join(missing)} within {seconds:.0f} s. Start "
                    f"every worker that {cluster.source} names with the same recipe."
                ) from None
            index = _greeting(channel)
            if index in channels:
                raise ConfigError(
                    f"Two processes are {cluster.name(index)}. Give each its own index."
                )
            if 0 < index < len(cluster.workers):
                channels[index] = channel
    return dict(sorted(channels.items()))


def _greeting(channel: Channel) -> int:
    """Return the index of the worker that connects, -1 if it is something else."""
    try:
        if channel.waits(GREETING_SECONDS):
            return int(channel.receive()[0])
    except (ClosedError, ValueError, TypeError):
        pass
    channel.close()
    return -1


def _reached(cluster: Cluster, seconds: float) -> dict[int, Channel]:
    host, port = cluster.control
    channel = connected(host, port, seconds)
    if channel is None:
        raise ConfigError(
            f"{cluster.name(0)} does not answer at {host}:{port} within {seconds:.0f} "
            "s. Start it, and let that port through."
        )
    channel.send(cluster.index)
    return {0: channel}

"""What the next run would train on, and whether the workers can reach one another."""

import socket
from collections.abc import Iterator, Mapping

from tfapp.base.errors import ConfigError
from tfapp.machine.cluster import Cluster, find_cluster
from tfapp.machine.doctor_finding import Finding

CONNECT_SECONDS = 2.0


def examine_cluster(
    gpus: int, environ: Mapping[str, str] | None = None
) -> list[Finding]:
    """Return what `runtime.strategy` = "auto" stands for, and one finding per port.

    Args:
        gpus: that TensorFlow sees.
        environ: variables that may describe a cluster; None for those of this process.
    """
    try:
        cluster = find_cluster(environ)
    except ConfigError as error:
        return [Finding("strategy", "none", "problem", str(error))]
    if cluster is None:
        value = f"mirrored over {gpus} GPUs" if gpus > 1 else "single device"
        return [Finding("strategy", f"{value}; no cluster is named")]
    value = (
        f"workers: {len(cluster.workers)} by {cluster.source}; this is "
        f"{cluster.name(cluster.index)}"
    )
    devices = _devices(cluster, gpus)
    return [Finding("strategy", value), *devices, *_ports(cluster)]


def _devices(cluster: Cluster, gpus: int) -> Iterator[Finding]:
    if 0 < gpus < cluster.local_size:
        yield Finding(
            "GPUs of the workers",
            f"{gpus} for {cluster.local_size} workers of this machine",
            "problem",
            "Start one worker per GPU.",
        )


def _ports(cluster: Cluster) -> Iterator[Finding]:
    """Yield whether the ports of this worker are free, and those of others answer."""
    own = [cluster.port] + [cluster.control[1]] * (cluster.index == 0)
    for port in own:
        if _is_free(port):
            yield Finding(f"port {port}", "free, for this worker")
        else:
            advice = f"Stop that program, or give another port in {cluster.source}."
            yield Finding(f"port {port}", "taken by a program", "problem", advice)
    if cluster.index:
        yield _reached("the chief", *cluster.control)


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True


def _reached(who: str, host: str, port: int) -> Finding:
    """Report whether a program answers at an address."""
    name, place = f"port {port} of {who}", f"{host}:{port}"
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except socket.gaierror:
        advice = "Correct its name, or wait until its machine is up."
        return Finding(
            name, f"{host!r} is no host that this one knows", "problem", advice
        )
    except ConnectionRefusedError:
        return Finding(name, f"{place} can be reached; nothing runs there yet")
    except OSError as error:
        advice = "Start that machine, and let its ports through."
        return Finding(name, f"{place} does not answer: {error}", "warning", advice)
    return Finding(name, f"{place} answers")

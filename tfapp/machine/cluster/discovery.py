"""The cluster that this process belongs to, as its environment describes it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.machine.cluster.slurm import slurm_cluster

PORT = 12345
"""Of the workers, where Slurm or Kubernetes names hosts alone; +1 for their talks."""


@dataclass(frozen=True)
class Cluster:
    """Processes that train together, each with its own copy of the weights.

    Args:
        workers: "host:port" of each; the first is the chief.
        index: of this process among them.
        source: what describes them, such as "TF_CONFIG".
    """

    workers: tuple[str, ...]
    index: int
    source: str

    @property
    def control(self) -> tuple[str, int]:
        """Host and port at which the chief agrees with the others.

        The port is one above the highest of the workers on the chief's machine, which
        all of them can tell without having talked.
        """
        host = _split(self.workers[0])[0]
        ports = [port for name, port in map(_split, self.workers) if name == host]
        return host, max(ports) + 1

    @property
    def port(self) -> int:
        """Port of this process."""
        return _split(self.workers[self.index])[1]

    @property
    def local_index(self) -> int:
        """Number of this process among those of its machine, from 0."""
        return sum(same for same in self._same_host[: self.index])

    @property
    def local_size(self) -> int:
        """Number of processes on the machine of this one."""
        return sum(self._same_host)

    @property
    def _same_host(self) -> list[bool]:
        hosts = [_split(worker)[0] for worker in self.workers]
        return [host == hosts[self.index] for host in hosts]

    def name(self, index: int) -> str:
        """Return a worker's number and address, for messages."""
        return f"worker {index} ({self.workers[index]})"


def find_cluster(environ: Mapping[str, str] | None = None) -> Cluster | None:
    """Return the cluster that the environment describes; None for a single process.

    TF_CONFIG counts first, then a Slurm step of several tasks, then the variables of
    a Kubernetes job (docs/distributed.md).

    Args:
        environ: variables; None for those of this process.

    Raises:
        ConfigError: if they describe none that can work.
    """
    environ = os.environ if environ is None else environ
    cluster = None
    if environ.get("TF_CONFIG"):
        cluster = _from_tf_config(environ["TF_CONFIG"])
    elif int(environ.get("SLURM_STEP_NUM_TASKS") or 1) > 1:
        hosts, index = slurm_cluster(environ)
        cluster = Cluster(_numbered(hosts), index, "Slurm")
    elif environ.get("TFAPP_WORKERS"):
        cluster = _from_kubernetes(environ)
    return cluster if cluster and len(cluster.workers) > 1 else None


def _from_tf_config(text: str) -> Cluster:
    try:
        config = json.loads(text)
        jobs = {name: list(tasks) for name, tasks in config["cluster"].items()}
        kind, index = str(config["task"]["type"]), int(config["task"]["index"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _wrong(
            'it has to be {"cluster": {"worker": ["HOST:PORT", …]}, '
            '"task": {"type": "worker", "index": 0}}',
            text,
        ) from None
    if others := sorted(jobs.keys() - {"chief", "worker"}):
        raise _wrong(f"only workers, and a chief, train together; take {others} out")
    order = [(k, i) for k in ("chief", "worker") for i in range(len(jobs.get(k, ())))]
    if (kind, index) not in order:
        names = [f"{k} {i}" for k, i in order]
        raise _wrong(
            f"this process is none of the cluster's {names}", f"{kind} {index}"
        )
    workers = tuple(str(jobs[k][i]) for k, i in order)
    for worker in workers:
        _split(worker)
    if doubled := sorted({w for w in workers if workers.count(w) > 1}):
        raise _wrong("every worker needs its own address", f"{doubled[0]} twice")
    return Cluster(workers, order.index((kind, index)), "TF_CONFIG")


def _from_kubernetes(environ: Mapping[str, str]) -> Cluster:
    """Read what an indexed job, or a stateful set, behind a headless service knows.

    Raises:
        ConfigError: if a variable is missing or no number.
    """
    name, _, ordinal = environ.get("HOSTNAME", "").rpartition("-")
    given = environ["TFAPP_WORKERS"], environ.get("JOB_COMPLETION_INDEX") or ordinal
    if not all(text.isdigit() for text in given) or not name:
        raise ConfigError(
            f"TFAPP_WORKERS={given[0]!r} needs a host name that ends in the worker's "
            f"number, such as train-0. Received: HOSTNAME={environ.get('HOSTNAME')!r}. "
            "See docs/distributed.md, or set TF_CONFIG."
        )
    count, index = map(int, given)
    if index >= count:
        raise ConfigError(
            f"TFAPP_WORKERS={count}, but this is worker {index}, counted from 0. Set "
            "it to the number of pods."
        )
    service = environ.get("TFAPP_SERVICE", "")
    domain = f".{service}" if service else ""
    hosts = [f"{name}-{number}{domain}" for number in range(count)]
    return Cluster(_numbered(hosts), index, "Kubernetes")


def _numbered(hosts: list[str]) -> tuple[str, ...]:
    """Give the workers of one host a port each."""
    return tuple(
        f"{host}:{PORT + 2 * hosts[:number].count(host)}"
        for number, host in enumerate(hosts)
    )


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_535:
        raise _wrong('a worker is "HOST:PORT"', address)
    return host, int(port)


def _wrong(expected: str, received: Any = None) -> ConfigError:
    shown = "" if received is None else f" Received: {received}"
    return ConfigError(f"TF_CONFIG is wrong: {expected}.{shown}")

"""What the workers of one run agree on: the chief decides, the others follow.

Two workers that bundle steps differently, or stop at different ones, end in the middle
of each other's collectives. So whatever a clock or a measurement decides is decided by
the chief. The decisions travel next to TensorFlow, not through it: they serve before it
has started, and they name the worker that is gone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from tfapp.base.errors import ConfigError, TfappError
from tfapp.machine.cluster.channel import Channel, ClosedError
from tfapp.machine.cluster.discovery import Cluster

Value = TypeVar("Value")

NEWS_SECONDS = 5.0
"""For the news of a failure to arrive after TensorFlow has noticed it."""


class Team:
    """One process on its own; every agreement is with itself.

    Attributes:
        index: of this worker.
        size: number of workers.
        cluster: where they are; None for one process.
    """

    index, size = 0, 1
    cluster: Cluster | None = None

    @property
    def is_chief(self) -> bool:
        """Whether this process decides and writes."""
        return self.index == 0

    def share(self, value: Any, data: bytes = b"") -> tuple[Any, bytes]:
        """Return the chief's JSON-ready value and its bytes."""
        return value, data

    def agree(self, value: Value) -> Value:
        """Return the chief's JSON-ready value."""
        shared: Value = self.share(value)[0]
        return shared

    def wait(self) -> None:
        """Wait until every worker is here."""

    def compare(self, facts: Mapping[str, Any]) -> None:
        """Refuse workers whose JSON-ready facts differ.

        Raises:
            ConfigError: naming the worker, and the first fact in which it differs.
        """

    def fail(self, message: str) -> None:
        """Report the failure of this worker to the others."""

    def failure(self) -> str:
        """Return why another worker is gone; "" if none is."""
        return ""


class Worker(Team):
    """A worker of several.

    Args:
        cluster: where they are.
        channels: of the chief: index → channel to each of the others; of the others:
            that to the chief.
    """

    def __init__(self, cluster: Cluster, channels: Mapping[int, Channel]) -> None:
        self.cluster: Cluster = cluster
        self.index, self.size = cluster.index, len(cluster.workers)
        self.channels = channels

    def share(self, value: Any, data: bytes = b"") -> tuple[Any, bytes]:
        """Return the chief's value and bytes; the chief does not wait; see `Team`."""
        if not self.is_chief:
            return self._receive(0)
        self._send_all({"value": value}, data)
        return value, data

    def wait(self) -> None:
        """Wait until every worker is here; see `Team`."""
        self._gather(None)
        self.share(None)

    def compare(self, facts: Mapping[str, Any]) -> None:
        """Refuse workers whose facts differ; see `Team`."""
        gathered = self._gather(dict(facts))
        message = self.agree(self._difference(gathered) if self.is_chief else "")
        if message:
            raise ConfigError(message)

    def fail(self, message: str) -> None:
        """Report the failure of this worker to the others; see `Team`."""
        name = self.cluster.name(self.index)
        for channel in self.channels.values():
            try:
                channel.send({"failure": f"{name[0].upper()}{name[1:]}: {message}"})
            except ClosedError:  # it has gone before
                continue

    def failure(self) -> str:
        """Return why another worker is gone; see `Team`."""
        for index, channel in self.channels.items():
            while channel.waits(NEWS_SECONDS if index == 0 else 0.5):
                try:
                    self._receive(index)
                except TfappError as error:
                    return str(error)
        return ""

    def _gather(self, value: Any) -> list[Any]:
        """Return what every worker gives, to the chief; [] to the others."""
        if not self.is_chief:
            self._send(0, {"value": value})
            return []
        return [value, *(self._receive(index)[0] for index in range(1, self.size))]

    def _difference(self, gathered: Sequence[Mapping[str, Any]]) -> str:
        chief = gathered[0]
        for index, facts in enumerate(gathered):
            for name in {**chief, **facts}:
                received, expected = facts.get(name), chief.get(name)
                if received != expected:
                    worker = self.cluster.name(index)
                    return (
                        f"{worker[0].upper()}{worker[1:]} has another {name} than the "
                        f"chief: {received!r}. Expected {expected!r}. Give every "
                        "worker the same recipe, data and versions."
                    )
        return ""

    def _send_all(self, value: Any, data: bytes) -> None:
        for index in self.channels:
            self._send(index, value, data)

    def _send(self, index: int, value: Any, data: bytes = b"") -> None:
        try:
            self.channels[index].send(value, data)
        except ClosedError:
            raise self._gone(index) from None

    def _receive(self, index: int) -> tuple[Any, bytes]:
        try:
            value, data = self.channels[index].receive()
        except ClosedError:
            raise self._gone(index) from None
        if "failure" in value:
            self._pass_on(index, value)
            raise TfappError(value["failure"])
        return value["value"], data

    def _gone(self, index: int) -> TfappError:
        name = self.cluster.name(index)
        message = f"{name[0].upper()}{name[1:]} ended without a word: killed, or lost."
        self._pass_on(index, {"failure": message})
        return TfappError(message)

    def _pass_on(self, index: int, value: Any) -> None:
        """Let the others know what the chief knows."""
        for other, channel in self.channels.items():
            if other != index:
                try:
                    channel.send(value)
                except ClosedError:
                    continue


_team = Team()


def team() -> Team:
    """Return the team of this process: of itself alone unless it has joined one."""
    return _team


@contextmanager
def alone() -> Iterator[None]:
    """Let this process be one of its own for a while: what it does is its own."""
    with belonging(Team()):
        yield


@contextmanager
def belonging(member: Team) -> Iterator[None]:
    """Let `team` return this one for a while."""
    global _team
    before, _team = _team, member
    try:
        yield
    finally:
        _team = before


def by_chief(work: Callable[[], Value]) -> Value | Any:
    """Return the JSON-ready result of the chief's work, which no other worker does."""
    member, result = team(), None
    if member.is_chief:
        with alone():
            result = work()
    return member.agree(result)


def in_turn(work: Callable[[], Value]) -> Value:
    """Do work that fills a cache: the chief first, so that the others find it there.

    Then one process of each other machine, whose cache may be its own, then the rest.
    """
    member = team()
    cluster = member.cluster
    rank = 0 if member.is_chief else 1 + bool(cluster and cluster.local_index)
    done: list[Value] = []
    for turn in range(3 if member.size > 1 else 1):
        if turn == rank:
            with alone():
                done.append(work())
        member.wait()
    return done[0]

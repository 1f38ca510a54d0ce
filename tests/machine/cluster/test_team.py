"""What workers agree on, over sockets of one process."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tfapp.base.errors import ConfigError, TfappError
from tfapp.machine.cluster import Cluster, alone, in_turn, join, team
from tfapp.machine.cluster.channel import Channel, ClosedError, connected
from tfapp.machine.cluster.team import Worker, belonging

ADDRESSES = ("a:1", "b:1", "b:2")


@pytest.fixture
def members():
    """The chief and two others."""
    pairs = {index: socket.socketpair() for index in (1, 2)}
    clusters = [Cluster(ADDRESSES, index, "TF_CONFIG") for index in range(3)]
    chief = Worker(clusters[0], {i: Channel(p[0]) for i, p in pairs.items()})
    others = [Worker(clusters[i], {0: Channel(p[1])}) for i, p in pairs.items()]
    yield [chief, *others]
    for pair in pairs.values():
        for end in pair:
            end.close()


def together(members, work):
    """Return what all members' work gives, done at the same time; errors included."""

    def outcome(member):
        try:
            return work(member)
        except TfappError as error:
            return error

    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(outcome, members))


def test_one_process_agrees_with_itself():
    """No sockets, no waiting."""
    assert team().is_chief
    assert team().size == 1
    assert team().agree(3) == 3
    team().wait()
    team().compare({"a": 1})
    assert team().failure() == ""
    assert in_turn(lambda: 5) == 5


def test_the_chief_decides(members):
    """All get its value and its bytes."""

    def work(member):
        value, data = member.share([member.index, 0.1], b"%d" % member.index)
        member.wait()
        return value, data

    assert together(members, work) == [([0, 0.1], b"0")] * 3


def test_differences_are_named(members):
    """The first worker that differs, in what, and how: for all of them."""
    same = together(members, lambda member: member.compare({"seed": 1}))
    assert same == [None] * 3
    errors = together(
        members, lambda m: m.compare({"seed": 1, "rate": 0.1 * (m.index == 2)})
    )
    assert all(isinstance(error, ConfigError) for error in errors)
    expected = "Worker 2 (b:2) has another rate than the chief: 0.1. Expected 0.0."
    assert all(str(error).startswith(expected) for error in errors)


def test_a_failure_reaches_all(members):
    """By way of the chief; the first message counts."""

    def work(member):
        if member.index == 2:
            member.fail("photos/7.png is gone.")
            raise TfappError("its own")
        return member.failure()

    messages = together(members, work)
    assert messages[:2] == ["Worker 2 (b:2): photos/7.png is gone."] * 2


def test_a_lost_worker_is_named(members):
    """Whoever waits for it, or for the chief, learns of it."""
    members[1].channels[0].close()
    errors = together([members[0], members[2]], lambda member: member.wait())
    expected = "Worker 1 (b:1) ended without a word: killed, or lost."
    assert [str(error) for error in errors] == [expected] * 2


def test_turns(members):
    """The chief first, then one process of each machine, then the rest."""
    order = []

    def work(member):
        cluster = member.cluster
        rank = 0 if member.is_chief else 1 + bool(cluster.local_index)
        for turn in range(3):
            if turn == rank:
                order.append(member.index)
            member.wait()

    together(members, work)
    assert order == [0, 1, 2]
    with belonging(members[0]):
        assert team() is members[0]
        with alone():
            assert team().size == 1
            assert in_turn(lambda: 1) == 1
        assert team() is members[0]


def test_join(monkeypatch):
    """Missing workers and ports that are taken are one line each."""
    monkeypatch.setenv("TFAPP_JOIN_SECONDS", "0.3")
    with join(None) as member:
        assert member.size == 1
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    workers = (f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}")
    with pytest.raises(ConfigError, match=r"No sign of worker 1 \(.*\) within"):
        with join(Cluster(workers, 0, "TF_CONFIG")):
            pass
    with pytest.raises(ConfigError, match=r"worker 0 \(.*\) does not answer at"):
        with join(Cluster(workers, 1, "TF_CONFIG")):
            pass
    for taken in (port, port + 2):
        with socket.create_server(("", taken)):
            with pytest.raises(ConfigError, match=f"Port {taken} of worker 0 .* taken"):
                with join(Cluster(workers, 0, "TF_CONFIG")):
                    pass


def test_strangers_are_no_workers(monkeypatch):
    """Whoever connects without a greeting is sent away, and workers still come."""
    monkeypatch.setenv("TFAPP_JOIN_SECONDS", "20")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    workers = (f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}")

    def strangers():
        channel = connected("127.0.0.1", port + 2, 10.0)
        channel.connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        channel.close()
        worker = connected("127.0.0.1", port + 2, 10.0)
        worker.send(1)
        return worker

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(strangers)
        with join(Cluster(workers, 0, "TF_CONFIG")) as member:
            assert member.agree("hello") == "hello"
            assert other.result().receive()[0] == {"value": "hello"}
        with pytest.raises(ClosedError):
            other.result().receive()
        other.result().close()

"""What the doctor says of workers and their ports."""

import json
import socket

from tfapp.machine.doctor_cluster import examine_cluster


def environment(ports, index=0, host="127.0.0.1"):
    """Return a TF_CONFIG of workers of one host."""
    workers = [f"{host}:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": {"worker": workers}, "task": task})}


def test_without_a_cluster():
    """One device, or all GPUs."""
    assert examine_cluster(0, {})[0].value == "single device; no cluster is named"
    assert examine_cluster(2, {})[0].value.startswith("mirrored over 2 GPUs")
    (finding,) = examine_cluster(0, {"TF_CONFIG": "{"})
    assert finding.status == "problem"
    assert "TF_CONFIG is wrong" in finding.advice


def test_ports():
    """Those of the chief are its own and that of the talks; others reach the chief."""
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        strategy, taken, free = examine_cluster(0, environment([port, port - 2]))
        assert strategy.value.startswith("workers: 2 by TF_CONFIG; this is worker 0")
        assert (taken.status, free.status) == ("problem", "ok")
        answers = examine_cluster(0, environment([port - 1, port - 2], 1))[-1]
        assert answers.value == f"127.0.0.1:{port} answers"
    nothing = examine_cluster(0, environment([port - 1, port - 2], 1))[-1]
    assert (nothing.status, "nothing runs" in nothing.value) == ("ok", True)


def test_hosts_and_gpus():
    """A name that nobody knows, and more workers than GPUs."""
    found = examine_cluster(
        1, environment([2000, 2001], 1, host="no-such-host.invalid")
    )
    statuses = {finding.name: finding.status for finding in found}
    assert statuses["GPUs of the workers"] == "problem"
    assert statuses["port 2002 of the chief"] == "problem"

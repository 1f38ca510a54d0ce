"""Clusters as TF_CONFIG, Slurm and Kubernetes describe them."""

import json

import pytest

from tfapp.base.errors import ConfigError
from tfapp.machine.cluster import find_cluster
from tfapp.machine.cluster.slurm import node_names, task_counts

TWO = ["a:1000", "a:1001"]


def tf_config(cluster, kind="worker", index=0):
    """Return the environment of one process."""
    task = {"type": kind, "index": index}
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_tf_config():
    """The chief comes first; ports of one machine are shared with nobody."""
    environ = tf_config({"chief": ["b:7"], "worker": ["a:5", "b:9", "b:8"]}, index=2)
    cluster = find_cluster(environ)
    assert cluster.workers == ("b:7", "a:5", "b:9", "b:8")
    assert (cluster.index, cluster.port, cluster.source) == (3, 8, "TF_CONFIG")
    assert (cluster.local_index, cluster.local_size) == (2, 3)
    assert cluster.control == ("b", 10)


def test_a_single_process_is_no_cluster():
    """Without variables, with one worker or one task."""
    assert find_cluster({}) is None
    assert find_cluster(tf_config({"worker": ["a:1"]})) is None
    assert find_cluster({"SLURM_STEP_NUM_TASKS": "1"}) is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"TF_CONFIG": "{"}, r"TF_CONFIG is wrong: it has to be .*Received: \{"),
        ({"TF_CONFIG": "[]"}, "it has to be"),
        (tf_config({"worker": TWO, "ps": ["a:7"]}), r"take \['ps'\] out"),
        (tf_config({"worker": TWO}, index=2), "none of the cluster's.*worker 2"),
        (tf_config({"worker": TWO}, index=-1), "none of the cluster's.*worker -1"),
        (tf_config({"worker": ["a", "b:1"]}), 'a worker is "HOST:PORT".*Received: a'),
        (tf_config({"worker": ["a:1", "a:1"]}), "its own address.*a:1 twice"),
        ({"SLURM_STEP_NUM_TASKS": "2"}, "without SLURM_STEP_NODELIST"),
        ({"TFAPP_WORKERS": "2", "HOSTNAME": "host"}, "ends in the worker's number"),
        ({"TFAPP_WORKERS": "2", "HOSTNAME": "train-2"}, "but this is worker 2"),
    ],
)
def test_mistakes_are_one_line(environ, message):
    """Each names what is wrong and what was expected."""
    with pytest.raises(ConfigError, match=message) as caught:
        find_cluster(environ)
    assert "\n" not in str(caught.value)


def test_slurm():
    """Tasks of one node get ports of their own."""
    environ = {
        "SLURM_STEP_NUM_TASKS": "5",
        "SLURM_STEP_NODELIST": "gpu[01-02],login",
        "SLURM_STEP_TASKS_PER_NODE": "2(x2),1",
        "SLURM_PROCID": "3",
    }
    cluster = find_cluster(environ)
    ports = ["gpu01:12345", "gpu01:12347", "gpu02:12345", "gpu02:12347", "login:12345"]
    assert list(cluster.workers) == ports
    assert (cluster.index, cluster.local_index) == (3, 1)
    with pytest.raises(ConfigError, match="cannot be read"):
        find_cluster(environ | {"SLURM_STEP_TASKS_PER_NODE": "2"})


def test_lists_of_slurm():
    """Ranges keep their zeros; names may go on behind the brackets."""
    names = ["n08", "n09", "n10", "n3", "x1-ib", "x2-ib", "y"]
    assert list(node_names("n[08-10,3],x[1-2]-ib,y")) == names
    assert list(task_counts("2(x3),1,4")) == [2, 2, 2, 1, 4]


def test_kubernetes():
    """An indexed job, or a stateful set, behind a headless service."""
    environ = {"TFAPP_WORKERS": "2", "HOSTNAME": "train-1", "TFAPP_SERVICE": "net"}
    cluster = find_cluster(environ)
    assert cluster.workers == ("train-0.net:12345", "train-1.net:12345")
    assert (cluster.index, cluster.source) == (1, "Kubernetes")

"""Which cluster a run trains on."""

import json

import pytest

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.machine.cluster import Cluster
from tfapp.machine.cluster.team import Worker, belonging
from tfapp.recipes.config import RuntimeConfig
from tfapp.runs.workers import cluster_for
from tfapp.runs.workers.experiments import experiment_of


def test_the_cluster_of_a_run(monkeypatch):
    """What the environment names, unless the recipe says otherwise."""
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS", "TFAPP_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    assert cluster_for(RuntimeConfig()) is None
    with pytest.raises(ConfigError, match="'workers' needs a cluster.*tfapp launch"):
        cluster_for(RuntimeConfig(strategy="workers"))
    workers = {"cluster": {"worker": ["a:1", "a:2"]}}
    task = {"task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers | task))
    assert cluster_for(RuntimeConfig()).index == 1
    assert cluster_for(RuntimeConfig(strategy="single")) is None
    with pytest.raises(ConfigError, match="TF_CONFIG names 2 workers, which need"):
        cluster_for(RuntimeConfig(backend="jax"))


def test_what_one_process_learns():
    """Distillation, and experiments without examples, are refused to workers."""
    table = {
        "task": "image_classification",
        "task_options": {"distill": {"teacher": "digits"}},
        "data": {"path": "digits"},
        "model": {"name": "small_cnn"},
    }
    recipe = recipes.build(table, "here")
    experiment_of(recipe)
    with belonging(Worker(Cluster(("a:1", "a:2"), 1, "TF_CONFIG"), {})):
        with pytest.raises(ConfigError, match="distill` is learned by one process"):
            experiment_of(recipe)

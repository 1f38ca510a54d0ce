"""Two real processes learn what one learns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from tests.domains.images import tiny as images
from tests.domains.series import tiny as series
from tests.runs.workers.process import train
from tfapp.verbs.workers.launch import free_ports

ROOT = Path(__file__).parents[3]
PLAIN = {
    "precision": "float32",
    "compile": "off",
    "checkpoint_seconds": 0.5,
    "malloc": "default",
}


def start_two(command, folder, **environ):
    """Start a command in two processes that know one another."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in (0, 1):
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": addresses}, "task": task}
        environ |= {"TF_CONFIG": json.dumps(config), "PYTHONPATH": str(ROOT)}
        environ |= {"TF_CPP_MIN_LOG_LEVEL": "3"}
        processes.append(
            subprocess.Popen(
                [str(part).replace("INDEX", str(index)) for part in command],
                cwd=folder,
                env=os.environ | environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    return processes


def write_recipe(folder, name, task, table, **changes):
    """Write a recipe that draws no random numbers but the order of the examples."""
    table = {"task": task, **table, **changes}
    table["runtime"] = dict(PLAIN)
    (folder / f"{name}.toml").write_text(tomli_w.dumps(table), encoding="utf-8")


def trained(folder, names):
    """Train recipes by two processes; return (weights, history) of each, by name."""
    code = (
        "import sys; from tests.runs.workers.process import main; main(*sys.argv[1:])"
    )
    processes = start_two([sys.executable, "-c", code, folder, "INDEX", *names], folder)
    outputs = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    found = {name: [] for name in names}
    for name in names:
        for index in (0, 1):
            with np.load(folder / f"{index}_{name}.npz") as stored:
                weights = dict(stored)
            text = (folder / f"{index}_{name}.json").read_text(encoding="utf-8")
            found[name].append((weights, json.loads(text)))
    return found


def distance(ours, theirs):
    """Return the distance of two lists of arrays, relative to the length of one."""
    ours, theirs = (np.concatenate([a.ravel() for a in x]) for x in (ours, theirs))
    return np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)


def compare(folder, found):
    """Check that both workers are equal, and equal to one process."""
    for name, ((chief, history), (other, other_history)) in found.items():
        assert chief.keys() == other.keys()
        for key, values in chief.items():
            np.testing.assert_array_equal(values, other[key], err_msg=f"{name} {key}")
        weights, alone = train(folder, name)
        for phase, arrays in weights.items():
            ours = [chief[f"{phase} {i}"] for i in range(len(arrays))]
            assert distance(ours, arrays) < 1e-6, (name, phase)
            for mine, others, single in zip(
                history[phase], other_history[phase], alone[phase], strict=True
            ):
                assert mine == others
                # In training a last batch that all read whole counts more.
                for key in (key for key in single if key.startswith("val_")):
                    expected = pytest.approx(single[key], rel=2e-5, abs=1e-6)
                    assert mine[key] == expected, (name, key)


@pytest.mark.slow
def test_two_workers_learn_what_one_process_learns(tmp_path):
    """Weights, figures and the folder; a U-Net with batch normalisation."""
    tiny = images.masks(tmp_path / "masks")
    tiny.table["model"]["options"] |= {"batch_normalization": True, "dropout_rate": 0.0}
    tiny.table["training"]["epochs"] = 2
    write_recipe(tmp_path, "unet", "image_segmentation", tiny.table)
    compare(tmp_path, trained(tmp_path, ["unet"]))
    folder = tmp_path / "runs" / "unet" / "1"
    log = folder / "workers" / "1.log"
    assert "phase train" in log.read_text(encoding="utf-8")
    assert [p.name for p in folder.rglob("*.weights.h5")] == ["train.weights.h5"]
    assert len(list(folder.rglob("events.*"))) == 2  # training and validation


@pytest.mark.nightly
def test_capsules_transfer_and_recurrent_networks(tmp_path):
    """Each equals one process; uneven batches, a thawed extractor, averaged weights."""
    tiny = images.capsules(tmp_path / "capsules")
    write_recipe(tmp_path, "capsules", "capsule_classification", tiny.table)
    tiny = images.photos(tmp_path / "photos")
    model = {
        "name": "transfer",
        "options": {"extractor": "vgg_small", "weights": "none"},
    }
    tiny.table["data"] |= {"augmentation": {}, "options": {"image_size": [32, 32]}}
    head = {"epochs": 2}
    thaw = {"from_layer": "block3_conv1", "epochs": 2, "learning_rate": 1e-3}
    table = {key: tiny.table[key] for key in ("data",)} | {"model": model}
    for name, solver in (("exact", "exact"), ("gradient", "gradient")):
        tune = {"head": head | {"solver": solver}, "thaw": thaw}
        write_recipe(tmp_path, name, "image_classification", table, fine_tune=tune)
    tiny = series.waves(tmp_path / "series")
    options = {"units": 8, "dropout_rate": 0.0}
    tiny.table["model"] = {"name": "recurrent_forecaster", "options": options}
    write_recipe(tmp_path, "recurrent", "forecasting", tiny.table)
    tiny = images.masks(tmp_path / "masks")
    options = {"batch_normalization": True, "dropout_rate": 0.0}
    tiny.table["model"]["options"] |= options
    tiny.table["training"] |= {"ema_momentum": 0.9, "patience": 1}
    write_recipe(tmp_path, "averaged", "image_segmentation", tiny.table)
    names = ["capsules", "exact", "gradient", "recurrent", "averaged"]
    compare(tmp_path, trained(tmp_path, names))


@pytest.mark.nightly
def test_keras_own_fit_still_fails(tmp_path):
    """Under TensorFlow's plain strategy; once it works, ours may go."""
    code = """
import keras, tensorflow as tf, numpy as np
strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
data = tf.data.Dataset.from_tensor_slices((np.ones((8, 4)), np.ones((8, 1)))).batch(4)
try:
    model.fit(data, verbose=0)
except ValueError as error:
    print("refused:", "PerReplica" in str(error))
else:
    print("works")
"""
    processes = start_two([sys.executable, "-c", code], tmp_path)
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert all("refused: True" in output for output in outputs), outputs


def test_two_recipes_are_refused_before_anything_starts(tmp_path):
    """One line with the exit code of a user's mistake, and no folder is left."""
    command = [sys.executable, "-m", "tfapp", "run", "digits", "--set", "seed=INDEX"]
    processes = start_two(command, tmp_path)
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [2, 2], outputs
    for output in outputs:
        assert output.count("\n") == 1
        assert "Worker 1 (127.0.0.1:" in output
        assert "has another seed than the chief: 1. Expected 0." in output
    assert not (tmp_path / "runs").exists()

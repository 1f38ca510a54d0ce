"""Devices, distribution, precision and seeds."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfapp.config import RuntimeConfig
from tfapp.errors import ConfigError
from tfapp.training import devices

MIRRORED = """
import json, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from tfapp.reporter import Reporter
from tfapp.verbs.run import run
settings = json.loads(sys.argv[2])
result = run("digits", settings, runs_folder=sys.argv[1], saved_models=sys.argv[1],
             reporter=Reporter(quiet=True))
metrics = json.loads((result.folder / "metrics.json").read_text())
print(json.dumps([metrics["accuracy"], metrics["run"]["device"]]))
"""
TRANSFER = [
    "data.options={image_size = [32, 32]}",
    'model={name = "transfer", options = {weights = "none"}}',
    "training={}",
    'fine_tune={head = {epochs = 2}, thaw = {from_layer = "Conv_1", epochs = 1}}',
]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["small_cnn", "transfer"])
def test_mirrored_over_two_devices(tmp_path, quick, model):
    """A whole run works under MirroredStrategy, in one phase and in two."""
    settings = [*quick, 'runtime.strategy="mirrored"']
    settings += TRANSFER if model == "transfer" else []
    done = subprocess.run(
        [sys.executable, "-c", MIRRORED, str(tmp_path), json.dumps(settings)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    accuracy, device = json.loads(done.stdout)
    assert "mirrored over 2" in device
    assert accuracy > (0.5 if model == "small_cnn" else 0.0)


def test_batch_size_must_divide():
    """The replicas share a batch evenly, or the error names both numbers."""

    class Four:
        num_replicas_in_sync = 4

    devices.check_batch_size(8, Four())
    with pytest.raises(ConfigError, match="30 is not divisible by 4 replicas"):
        devices.check_batch_size(30, Four())


def test_numerics_seeds_and_gives_the_policy_back():
    """The same seed draws the same numbers; the precision ends with the block."""
    draws = []
    for _ in range(2):
        with devices.numerics(RuntimeConfig(precision="mixed_bfloat16"), 3):
            assert keras.config.dtype_policy().name == "mixed_bfloat16"
            draws.append(keras.ops.convert_to_numpy(keras.random.uniform((3,))))
    np.testing.assert_array_equal(*draws)
    assert keras.config.dtype_policy().name == "float32"


def test_one_device_needs_no_strategy():
    """On a single CPU the default strategy is used and described."""
    runtime = RuntimeConfig()
    strategy = devices.make_strategy(runtime)
    assert strategy.num_replicas_in_sync == 1
    assert devices.describe(strategy, runtime).endswith("; float32")

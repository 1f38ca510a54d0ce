"""Devices, distribution, precision and seeds."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfapp.base.errors import ConfigError
from tfapp.recipes.config import RuntimeConfig
from tfapp.training import devices
from tfapp.training.speed.precision import PrecisionChoice

MIRRORED = """
import json, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from tfapp.base.reporter import Reporter
from tfapp.training.speed.precision import chooser
from tfapp.verbs.run import run
from tfapp.training.watching.allowance import Allowance
chooser.WORTH_MEASURING, chooser.MEASURING_SHARE = 0.0, 1e9  # so that it measures
Allowance.permits = lambda *arguments: True  # and draws
settings = json.loads(sys.argv[2])
result = run("digits", settings, runs_folder=sys.argv[1], saved_models=sys.argv[1],
             reporter=Reporter(quiet=True))
metrics = json.loads((result.folder / "metrics.json").read_text())
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
tags = set()
for folder in result.folder.glob("logs/*/examples"):
    tags |= set(EventAccumulator(str(folder)).Reload().Tags()["tensors"])
print(json.dumps([metrics["accuracy"], metrics["run"]["device"], sorted(tags)]))
"""
TRANSFER = [
    "data.options={image_size = [32, 32]}",
    'model={name = "transfer", options = {weights = "none"}}',
    "training={}",
    'fine_tune={head = {epochs = 2}, thaw = {from_layer = "Conv_1", epochs = 1}}',
]

# Its batch normalisation learns, so it is fused.
FROM_SCRATCH = [
    "data.options={image_size = [32, 32]}",
    'model={name = "transfer", options = {extractor = "vgg_small", weights = "none"}}',
]

# Several outputs learn.
CAPSULES = [
    "task=capsule_classification",
    'model={name = "capsnet", options = {filters = 8, kernel_size = 3, capsules = 2, '
    "capsule_dim = 4, class_dim = 8, decoder_units = [16]}}",
]
SETTINGS = {
    "small_cnn": [],
    "transfer": TRANSFER,
    "vgg_small": FROM_SCRATCH,
    "capsnet": CAPSULES,
}


LONG = {"transfer", "vgg_small", "capsnet"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        pytest.param(name, marks=pytest.mark.nightly) if name in LONG else name
        for name in SETTINGS
    ],
)
def test_mirrored_over_two_devices(tmp_path, quick, model):
    """A whole run works under MirroredStrategy, the choice of precision included."""
    settings = [*quick, 'runtime.strategy="mirrored"']
    settings += SETTINGS[model]
    done = subprocess.run(
        [sys.executable, "-c", MIRRORED, str(tmp_path), json.dumps(settings)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    accuracy, device, tags = json.loads(done.stdout)
    assert "mirrored over 2" in device
    assert {"confusion", "validation examples"} <= set(tags)
    # Two epochs of the small network are far above chance, 0.1; the sum over replicas
    # is not the same to the bit every time, so the exact figure is not either.
    assert accuracy > (0.25 if model == "small_cnn" else 0.0)


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


def test_a_chosen_policy_is_set():
    """What was measured counts; "auto" alone means float32."""
    with devices.numerics(RuntimeConfig(), 3, "mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    with devices.numerics(RuntimeConfig(), 3):
        assert keras.config.dtype_policy().name == "float32"


DETERMINISTIC = """
import hashlib, json
from tfapp.recipes.config import RuntimeConfig
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
runtime = RuntimeConfig(deterministic=True)
start_tensorflow(Reporter(quiet=True), runtime)
import keras, numpy as np
from tfapp.training import devices

def weights():
    with devices.numerics(runtime, 3):
        images = keras.Input((16, 16, 3))
        x = keras.layers.Conv2D(8, 3, activation="relu")(images)
        x = keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3)(x))
        x = keras.layers.Dropout(0.3)(keras.layers.Flatten()(x))
        model = keras.Model(images, keras.layers.Dense(2)(x))
        model.compile("adam", "mse")
        pixels = np.random.uniform(size=(64, 16, 16, 3))
        for step in range(5):
            model.train_on_batch(pixels, np.ones((64, 2)))
    return hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights()))

print(json.dumps([weights().hexdigest() for _ in range(2)]))
"""


@pytest.mark.slow
def test_deterministic_training_repeats_to_the_bit(in_fresh_process):
    """Same seed, same weights, on every thread there is."""
    one, other = in_fresh_process(DETERMINISTIC)
    assert one == other


def test_one_line_announces_a_run(monkeypatch):
    """Device, precision with its reason, what the caller adds, and XLA."""
    monkeypatch.setattr(devices.processor, "processor_name", lambda: "Intel Xeon")
    monkeypatch.setattr(devices.processor, "bfloat16_unit", lambda: "AMX")
    monkeypatch.setattr(devices, "threads", lambda runtime: 2)
    choice = PrecisionChoice("mixed_bfloat16", "4.6x float32, measured")
    runtime = RuntimeConfig()
    strategy = devices.make_strategy(runtime)
    parts = ("features kept", "allocator tuned")
    assert devices.describe(strategy, runtime, choice, parts) == (
        "CPU (Intel Xeon, AMX bfloat16), 2 threads; mixed_bfloat16 (4.6x float32, "
        "measured); features kept; allocator tuned; XLA off"
    )


def test_gpus_are_named(monkeypatch):
    """Several alike are told once."""
    monkeypatch.setattr(devices, "gpus", lambda: [devices.GPU("NVIDIA H200", 9)] * 2)
    runtime = RuntimeConfig(deterministic=True)
    line = devices.describe(devices.make_strategy(runtime), runtime)
    assert line == "2 GPU (NVIDIA H200); float32; deterministic"


def test_xla_cannot_draw_random_numbers_over_replicas():
    """The layer that does is named; without one, or on one device, all is well."""

    class Two:
        num_replicas_in_sync = 2

    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    random = keras.Sequential([plain, keras.layers.Dropout(0.5, name="drop")])
    devices.check_compilation(plain, True, Two())
    devices.check_compilation(random, False, Two())
    devices.check_compilation(random, True, devices.make_strategy(RuntimeConfig()))
    with pytest.raises(ConfigError, match="as layer 'drop' does"):
        devices.check_compilation(random, True, Two())


def test_one_device_needs_no_strategy():
    """On a single CPU the default strategy is used and described."""
    runtime = RuntimeConfig()
    strategy = devices.make_strategy(runtime)
    assert strategy.num_replicas_in_sync == 1
    assert devices.describe(strategy, runtime).endswith("; float32")

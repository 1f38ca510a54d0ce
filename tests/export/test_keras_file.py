"""Files of Keras models."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from tfapp.export.keras_file import load_model, save_model
from tfapp.layers.standardization import Standardization

READ = """
import sys
import keras
import numpy as np
model = keras.saving.load_model(sys.argv[1])
assert not [name for name in sys.modules if name.startswith("tfapp")]
np.save(sys.argv[2], model.predict(np.load(sys.argv[2]), verbose=0))
"""


@pytest.fixture
def fine_tuned():
    """A network with a measured scaling of features in its head."""
    features = keras.Input((4,), name="features")
    scaling = Standardization(name="standardize", dtype="float32")
    outputs = keras.layers.Dense(3, name="logits")(scaling(features))
    head = keras.Model(features, outputs, name="head")
    scaling.adapt(np.random.default_rng(0).normal(5, 3, (50, 4)))
    inputs = keras.Input((4,))
    return keras.Model(inputs, head(keras.layers.Dense(4)(inputs)))


@pytest.mark.slow
def test_a_fine_tuned_network_is_read_without_tfapp(fine_tuned, tmp_path):
    """Keras alone gets the same answers from the file."""
    inputs = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    expected = fine_tuned.predict(inputs, verbose=0)
    save_model(fine_tuned, tmp_path / "model.keras")
    np.save(tmp_path / "values.npy", inputs)
    command = [sys.executable, "-c", READ, "model.keras", "values.npy"]
    subprocess.run(command, check=True, cwd=tmp_path)
    received = np.load(tmp_path / "values.npy")
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)


def test_saving_changes_nothing(fine_tuned, tmp_path):
    """The network goes on with its own layers and weights; the file has equal ones."""
    before = [weight.path for weight in fine_tuned.weights]
    inputs = np.ones((2, 4), "float32")
    expected = fine_tuned.predict(inputs, verbose=0)
    save_model(fine_tuned, tmp_path / "model.keras")
    assert [weight.path for weight in fine_tuned.weights] == before
    np.testing.assert_array_equal(fine_tuned.predict(inputs, verbose=0), expected)
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(inputs, verbose=0), expected, rtol=1e-5)

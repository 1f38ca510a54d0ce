"""Networks as files of other runtimes, against the Keras models they come from."""

import importlib.util
import json

import keras
import numpy as np
import pytest

from tfapp.base.errors import ConfigError, ExportError, ModelError
from tfapp.export.files import FORMATS, card_name, writing
from tfapp.export.files.runtimes import ONNX_PACKAGES, as_model, load_run
from tfapp.export.files.writing import require_format, write_file


def network():
    """Return a small convolutional network with random weights."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 6, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(4, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(3)(x))


HERE = {
    "litert": True,
    "onnx": all(map(importlib.util.find_spec, ONNX_PACKAGES)),
}


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_answers_as_the_model_does(form, tmp_path):
    """Batches of any size; the card has shapes and the measured difference."""
    if not HERE[form]:
        pytest.skip("the packages of this format are not installed")
    model, path = network(), tmp_path / f"net{FORMATS[form]}"
    card = write_file(model, form, path, {"name": "net"})
    assert card == json.loads((tmp_path / card_name(path.name)).read_text())
    facts = card["file"]
    assert facts["input"]["shape"] == [None, 8, 6, 3]
    assert facts["output"]["shape"] == [None, 3]
    assert 0.0 <= facts["max_difference"] < 1e-4
    assert {p.name for p in tmp_path.iterdir()} == {path.name, card_name(path.name)}
    again = as_model(load_run(path), *(facts[k]["shape"] for k in ("input", "output")))
    for count in (1, 5):
        batch = np.random.default_rng(1).uniform(0, 255, (count, 8, 6, 3))
        np.testing.assert_allclose(
            again(batch.astype("float32")),
            model(batch.astype("float32")),
            rtol=1e-3,
            atol=1e-5,
        )


def test_a_file_that_answers_differently_is_not_written(tmp_path, monkeypatch):
    """Nothing is left, and the message has the difference."""
    load = writing.load_run
    monkeypatch.setattr(writing, "load_run", lambda p: lambda x: load(p)(x) + 1)
    with pytest.raises(ExportError, match="answers differently .* by 1"):
        write_file(network(), "litert", tmp_path / "net.tflite", {})
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_says_why(tmp_path, monkeypatch):
    """Several inputs, failing converters, missing packages, damaged files."""
    two = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model(two, keras.layers.Add()(two))
    with pytest.raises(ExportError, match="one input and one output. This one has 2"):
        write_file(model, "litert", tmp_path / "net.tflite", {})

    def fail(*_, **__):
        raise RuntimeError("no such operation\nand a page of text")

    monkeypatch.setattr(keras.Model, "export", fail)
    with pytest.raises(ExportError) as caught:
        write_file(network(), "litert", tmp_path / "net.tflite", {})
    assert "no such operation. Its SavedModel" in str(caught.value)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n: None if n in ONNX_PACKAGES else find(n)
    )
    with pytest.raises(ConfigError, match=r"pip install 'tfapp\[onnx\]'"):
        require_format("onnx")
    (tmp_path / "bad.tflite").write_bytes(b"no network")
    with pytest.raises(ModelError, match="Cannot read"):
        load_run(tmp_path / "bad.tflite")

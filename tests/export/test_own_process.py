"""Export from a process whose Keras runs on JAX."""

import pickle
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import ExportError
from tfapp.export import own_process

PLACE = Path("saved_models", "tiny", "1")
OPTIONS = {"examples": [{"image_bytes": b""}]}

JAX = """
import io, json, sys
from pathlib import Path
import numpy as np
from PIL import Image
from tfapp.recipes.config import RuntimeConfig
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
start_tensorflow(Reporter(quiet=True), RuntimeConfig(backend="jax"))
import keras
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.export.exporter import export_model
from tfapp.domains.images.shapes import image_info
from tfapp.export.spec import Exported
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.export.keras_file import load_model, save_model
from tfapp.training.inference import predict

keras.config.set_dtype_policy("mixed_bfloat16")
inputs = keras.Input((8, 6, 3))
x = normalized_pixels(inputs, "tf")
x = keras.layers.Flatten()(keras.layers.Conv2D(4, 3)(x))
x = keras.layers.Dropout(0.5)(x)
model = keras.Model(inputs, keras.layers.Dense(3, dtype="float32")(x))
model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 6, 3), dtype=np.uint8)
images = pixels.astype("float32")
model.train_on_batch(images, np.eye(3, dtype="float32")[[0, 1, 2, 0]])
encoded = []
for image in pixels:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    encoded.append(buffer.getvalue())
place = Path(sys.argv[1]) / "tiny" / "1"
result = export_model(
    Exported(
        model, ImagePreprocessor((8, 6)), image_info((8, 6, 3), "abc")
    ),
    INTERFACE, place,
    examples=[{"image_bytes": data} for data in encoded], card={"x": 1})
file = Path(sys.argv[1]) / "model.keras"
save_model(model, file)
print(json.dumps({
    "backend": keras.config.backend(),
    "logits": predict(load_model(file), images, 4).tolist(),
    "path": str(result.path),
    "difference": result.max_difference,
    "card": result.card["x"],
}))
"""


@pytest.mark.nightly
def test_a_model_on_jax_becomes_a_savedmodel(tmp_path, tiny, in_fresh_process):
    """The result is that of an export on TensorFlow, with the weights learned."""
    pytest.importorskip("jax")
    found = in_fresh_process(JAX, tmp_path)
    assert found["backend"] == "jax"
    assert found["card"] == 1
    assert 0 <= found["difference"] < 1e-6
    assert [p.name for p in (tmp_path / "tiny").iterdir()] == ["1"]
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 6, 3), dtype=np.uint8)
    answer = tf.saved_model.load(found["path"]).signatures["serve_images"](
        images=tf.constant(pixels)
    )
    expected = tiny.softmax(np.array(found["logits"]))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=0.02)


def fake_python(tmp_path, monkeypatch, script):
    """Let processes of our own run a shell script instead of Python."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))


def test_a_killed_process_is_one_line(tiny, tmp_path, monkeypatch):
    """Such as one that finds no memory left."""
    fake_python(tmp_path, monkeypatch, f"kill -{signal.SIGKILL.value} $$")
    with pytest.raises(ExportError, match="ended by signal 9"):
        own_process.export_in_own_process(tiny.exported(), len, PLACE, OPTIONS)


def test_a_bug_keeps_its_traceback(tiny, tmp_path, monkeypatch):
    """What the user cannot fix is shown in full."""
    script = "echo 'Traceback:\n  File x\nKeyError: 3' >&2; exit 1"
    fake_python(tmp_path, monkeypatch, script)
    with pytest.raises(RuntimeError, match="(?s)Traceback:.*File x.*KeyError: 3"):
        own_process.export_in_own_process(tiny.exported(), len, PLACE, OPTIONS)


def test_the_model_and_every_argument_reach_the_process(tiny, tmp_path, monkeypatch):
    """The folder holds all that the export is given."""
    seen = {}

    def run(command, **options):
        folder = own_process.Path(command[-1])
        seen["model"] = (folder / own_process.MODEL).is_file()
        seen["passed"] = pickle.loads((folder / own_process.ARGUMENTS).read_bytes())
        seen["backend"] = options["env"]["KERAS_BACKEND"]
        outcome = pickle.dumps(ExportError("no"))
        (folder / own_process.OUTCOME).write_bytes(outcome)

    monkeypatch.setattr(own_process.subprocess, "run", run)
    with pytest.raises(ExportError, match="^no$"):
        own_process.export_in_own_process(tiny.exported(), len, PLACE, OPTIONS)
    modules, rest, *others = seen.pop("passed")
    assert (modules, others) == ([], [len, PLACE, OPTIONS])
    assert rest.model is None
    assert rest.info.labels == tiny.class_names
    assert seen == {"model": True, "backend": "tensorflow"}

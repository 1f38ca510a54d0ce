"""The pixels a model sees: in training, in prediction and in the exported graph."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from tfapp.base.files import write_json
from tfapp.data import load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images.classification.interface import image_signatures
from tfapp.domains.images.shapes import image_info
from tfapp.export.keras_file import save_model
from tfapp.export.saved_model import write_saved_model
from tfapp.export.signatures import compiled
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig

ROOT = Path(__file__).parents[1]
SIDE = 6
"""Pixels a side of what the probe sees."""
SCALE = 64.0
"""Pixel values by logit; keeps the softmax of the probe from saturating."""


def write_photos(folder):
    """Write one JPEG of each of two classes, the second lying on its side."""
    for seed, (label, size) in enumerate({"cats": (53, 40), "dogs": (31, 47)}.items()):
        coarse = np.random.default_rng(seed).integers(0, 256, (7, 6, 3), np.uint8)
        exif = Image.Exif()
        exif[0x0112] = 6 if label == "dogs" else 1
        (folder / label).mkdir(parents=True)
        picture = Image.fromarray(coarse).resize(size)
        picture.save(folder / label / "photo.jpg", exif=exif)
    return sorted(folder.glob("*/*.jpg"))


def make_probe():
    """Return a classifier whose logits are its pixels, and a last one that is 0."""
    count = SIDE * SIDE * 3
    logits = keras.layers.Dense(count + 1, use_bias=False)
    inputs = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(inputs, logits(keras.layers.Flatten()(inputs)))
    logits.set_weights([np.eye(count, count + 1, dtype="float32") / SCALE])
    return model


def pixels_seen(probabilities):
    """Undo the probe's softmax; return float pixels (height, width, 3)."""
    logs = np.log(np.asarray(probabilities, np.float64))
    return ((logs[:-1] - logs[-1]) * SCALE).reshape(SIDE, SIDE, 3)


def publish_probe(preprocess, folder):
    """Write the probe as a run's .keras file and as a SavedModel; return both."""
    model, saved_model = make_probe(), folder / "exported"
    names = [f"{i:03d}" for i in range(model.output_shape[-1])]
    info = image_info((SIDE, SIDE, 3), names)
    signatures = image_signatures(Exported(model, preprocess, info))
    functions = {name: compiled(found) for name, found in signatures.items()}
    write_saved_model(saved_model, model, functions)
    save_model(model, folder / "model.keras")
    card = {
        "class_names": names,
        "preprocess": preprocess.describe(),
        "calibration": {},
        "task": "image_classification",
    }
    write_json(folder / "tfapp.json", card)
    write_json(saved_model / "tfapp.json", card)
    return [folder / "model.keras", saved_model]


PREDICT = """
import json, sys
from tfapp.base.reporter import Reporter
from tfapp.verbs.predict import predict
photos, models = map(json.loads, sys.argv[1:])
found = [predict(m, photos, reporter=Reporter(quiet=True)).rows for m in models]
columns = [[row.columns["probabilities"] for row in rows] for rows in found]
print(json.dumps([[list(c.values()) for c in part] for part in columns]))
"""


MODES = [
    pytest.param("crop", "memory"),
    pytest.param("pad", "disk", marks=pytest.mark.slow),
    pytest.param("stretch", "none", marks=pytest.mark.slow),
]


@pytest.mark.slow
@pytest.mark.parametrize(("resize", "cache"), MODES)
def test_pixels_are_the_same_everywhere(in_fresh_process, tmp_path, resize, cache):
    """Training, prediction and the exported graph see equal pixels, however resized."""
    photos = list(map(str, write_photos(tmp_path / "photos")))
    config = DataConfig(
        kind="images",
        path=str(tmp_path / "photos"),
        cache=cache,
        options={"image_size": [SIDE, SIDE], "resize": resize},
        split={"validation": 0.0, "test": 0.0},
    )
    dataset = load_dataset(config, seed=0)
    ((images, labels),) = dataset.batches(dataset.examples["train"], Pass(shuffle=True))
    trained_on = images.numpy()[np.argsort(labels.numpy().argmax(1))]
    models = publish_probe(dataset.preprocessor, tmp_path / "models")
    found = in_fresh_process(
        PREDICT, json.dumps(photos), json.dumps(list(map(str, models)))
    )
    for answers in found:
        seen = [pixels_seen(answer) for answer in answers]
        np.testing.assert_allclose(seen, trained_on, atol=0.05)

"""The weights that come with tfapp."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tfapp.base.errors import WeightsError
from tfapp.data import load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, build_backbone
from tfapp.domains.images.pretrained.file_choice import (
    available_weights,
    resolve_weights,
)
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.pretrained.weight_files import BUNDLED, read_catalogue
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.recipes.config import DataConfig
from tfapp.training.inference import predict

ENTRIES = read_catalogue(BUNDLED)
NAMES = [entry.extractor for entry in ENTRIES]
ROOT = Path(__file__).parents[4]
LARGEST_BYTES = 12_000_000
JAX = """
import sys, numpy as np
from tfapp.domains.images.pretrained.weights import load_backbone
network = load_backbone(sys.argv[1], (64, 64, 3), sys.argv[2])
np.save(sys.argv[4], network(np.load(sys.argv[3])))
"""


@pytest.fixture(autouse=True)
def _no_other_weights(tmp_path, monkeypatch):
    """Leave nothing but what comes with tfapp."""
    monkeypatch.delenv("TFAPP_WEIGHTS", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))


def noise(side=64):
    """Return random inputs, float32 (2, side, side, 3) in [-1, 1]."""
    random = np.random.default_rng(0)
    return random.uniform(-1, 1, (2, side, side, 3)).astype("float32")


def test_every_network_of_our_own_has_weights():
    """Nothing is listed without weights, nothing lies there unlisted."""
    own = {name for name, row in EXTRACTORS.items() if ":" in row.builder}
    own |= {"mobilenet_v2"}
    assert set(NAMES) == own
    files = {path.name for path in BUNDLED.glob("*.h5")}
    assert files == {entry.file for entry in ENTRIES}
    assert {found.extractor for found in available_weights()} == own


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_files_are_small_whole_and_described(entry):
    """Twelve megabytes, the hash of the table, a card that says what they are."""
    path = BUNDLED / entry.file
    content = path.read_bytes()
    assert len(content) <= LARGEST_BYTES
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    card = (BUNDLED / f"{entry.extractor}.md").read_text(encoding="utf-8")
    for word in (entry.sha256, "95 % interval", "licence", entry.trained_on):
        assert word in card
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert entry.extractor in notice
    assert entry.source or entry.trained_on == "tiny_imagenet"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_weights_are_found_by_name(name):
    """`weights = "tiny_imagenet"` fills the network, at any size it takes."""
    weights = EXTRACTORS[name].weights
    file = resolve_weights(name, weights)
    assert file is not None
    assert (file.path.parent, file.trained_on) == (BUNDLED, weights)
    plain = build_backbone(name, (64, 64, 3))
    filled = load_backbone(name, (64, 64, 3), weights)
    assert all(np.isfinite(w).all() for w in filled.get_weights())
    different = np.abs(np.asarray(filled(noise())) - np.asarray(plain(noise())))
    assert float(different.mean()) > 0.01
    assert load_backbone(name, (160, 96, 3), weights).count_params()


def test_names_that_do_not_go_together():
    """One line says what the network has instead."""
    with pytest.raises(WeightsError, match="has no weights 'imagenet'. Set `weights` "
                       "to 'tiny_imagenet'"):  # fmt: skip
        resolve_weights("vgg_small", "imagenet")
    with pytest.raises(WeightsError, match="'vgg16' has no weights 'tiny_imagenet'. "
                       "Set `weights` to 'imagenet'"):  # fmt: skip
        resolve_weights("vgg16", "tiny_imagenet")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_mixed_precision_stays_near(name):
    """Under mixed_bfloat16 the features are those of float32 but for rounding."""
    weights = EXTRACTORS[name].weights
    exact = np.asarray(load_backbone(name, (64, 64, 3), weights)(noise()))
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        mixed = load_backbone(name, (64, 64, 3), weights)
    finally:
        keras.config.set_dtype_policy("float32")
    found = np.asarray(mixed(noise()), "float32")
    correlation = np.corrcoef(found.ravel(), exact.ravel())[0, 1]
    assert correlation > 0.99


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_same_features_on_jax(name, tmp_path):
    """Another backend reads the same file and gives the same features."""
    pytest.importorskip("jax", reason="the extra 'jax' is not installed")
    weights = EXTRACTORS[name].weights
    np.save(tmp_path / "in.npy", noise())
    files = [tmp_path / "in.npy", tmp_path / "out.npy"]
    subprocess.run(
        [sys.executable, "-c", JAX, name, weights, *files],
        check=True,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        stderr=subprocess.DEVNULL,
    )
    expected = load_backbone(name, (64, 64, 3), weights)(noise())
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=2e-3)


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_photos_are_told_apart_better_than_by_random_weights(name, shared_data):
    """A linear head on 400 cats and dogs: far better than the network untrained."""
    dataset = load_dataset(
        DataConfig(
            kind="images",
            path=str(shared_data / "cats_dogs"),
            limit=200,
            options={"image_size": [96, 96]},
        ),
        seed=0,
    )
    random = _accuracy(build_backbone(name, (96, 96, 3)), dataset)
    pretrained = load_backbone(name, (96, 96, 3), EXTRACTORS[name].weights)
    assert _accuracy(pretrained, dataset) > random + 0.08


def _accuracy(network, dataset):
    """Return the accuracy of a linear head on a network's pooled features."""
    inputs = keras.Input((96, 96, 3))
    x = network(normalized_pixels(inputs, "tf"))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    features, labels = {}, {}
    for split in ("train", "test"):
        examples = dataset.examples[split]
        batches = dataset.batches(examples, Pass())
        features[split] = predict(model, batches, len(examples))
        labels[split] = dataset.targets(examples)
    scaler = StandardScaler().fit(features["train"])
    head = LogisticRegression(C=0.003, max_iter=500)
    head.fit(scaler.transform(features["train"]), labels["train"])
    return head.score(scaler.transform(features["test"]), labels["test"])

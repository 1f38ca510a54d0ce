"""A tiny dataset and a tiny pretrained network, in memory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.spec import Example
from tfapp.domains.images.shapes import image_info
from tfapp.layers.standardization import Standardization

SIZE = 8


class NoPreprocess:
    """Stands for the real preprocessing in what gets recorded."""

    raw = {}
    media_type = "image/*"

    def __call__(self, raw):
        """Return the input."""
        return raw

    def describe(self):
        """Return a description."""
        return {"kind": "none"}


def make_dataset(train=24, validation=12, test=12, augmentation=None, seed=0):
    """Return a dataset of bright and dark images, labels by brightness."""
    random = np.random.default_rng(seed)
    images, examples = {}, {}
    for split, count in [("train", train), ("validation", validation), ("test", test)]:
        rows = []
        for i in range(count):
            name, label = f"{split}/{i}", "bright" if i % 2 else "dark"
            base = 60 + 120 * (i % 2)
            noise = random.integers(0, 40, (SIZE, SIZE, 3))
            images[name] = (base + noise).astype("float32")
            rows.append(Example(name, split, label, "", f"hash:{name}", label))
        examples[split] = tuple(rows)
    labels = [int(e.target == "dark") for part in examples.values() for e in part]

    def change(pixels, targets, seed):
        return pixels + 5 * tf.random.stateless_normal(tf.shape(pixels), seed), targets

    return ArrayDataset(
        info=image_info((SIZE, SIZE, 3), ("bright", "dark"), fingerprint="print"),
        examples=examples,
        preprocessor=NoPreprocess(),
        names=list(images),
        inputs={"image": Column(np.stack(list(images.values())))},
        answers=Column(np.array(labels)),
        read=lambda example: {"image_bytes": b""},
        batch_size=4,
        one_hot=True,
        change=change if augmentation else None,
        augmentation=augmentation or {},
    )


def make_model(standardize=True):
    """Return a network of two convolutions with batch norm, and a head."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIZE, SIZE, 3))
    x = inputs
    for block in (1, 2):
        x = keras.layers.Conv2D(4, 3, padding="same", name=f"block{block}_conv")(x)
        x = keras.layers.BatchNormalization(name=f"block{block}_bn")(x)
        x = keras.layers.ReLU(name=f"block{block}_relu")(x)
    backbone = keras.Model(inputs, x, name="backbone")
    pixels = keras.Input((SIZE, SIZE, 3))
    scaled = keras.layers.Rescaling(1 / 255)(pixels)
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(scaled))
    extractor = keras.Model(pixels, pooled, name="extractor")
    features = keras.Input((4,))
    y = features
    if standardize:
        y = Standardization(name="standardize")(y)
    logits = keras.layers.Dense(2, kernel_initializer="zeros", name="logits")(y)
    head = keras.Model(features, logits, name="head")
    image = keras.Input((SIZE, SIZE, 3))
    return keras.Model(image, head(extractor(image)), name="tiny")


@pytest.fixture
def dataset():
    """Twenty-four training images, twelve of each other split."""
    return make_dataset()


@pytest.fixture
def model():
    """A fresh tiny network."""
    return make_model()

"""A tiny dataset and a tiny pretrained network, in memory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.layers.standardization import Standardization

SIZE = 8


class NoPreprocess:
    """Stands for the real preprocessing in what gets recorded."""

    def __call__(self, encoded):
        """Return the input."""
        return encoded

    def describe(self):
        """Return a description."""
        return {"kind": "none"}


def make_dataset(train=24, validation=12, test=12, augmentation=None, seed=0):
    """Return a dataset of bright and dark images, labels by brightness."""
    random = np.random.default_rng(seed)
    images = {}
    examples = {}
    for split, count in [("train", train), ("validation", validation), ("test", test)]:
        rows = []
        for i in range(count):
            name = f"{split}/{i}"
            base = 60 + 120 * (i % 2)
            noise = random.integers(0, 40, (SIZE, SIZE, 3))
            images[name] = (base + noise).astype("float32")
            label = "bright" if i % 2 else "dark"
            rows.append(Example(name, label, split, "", f"hash:{name}"))
        examples[split] = tuple(rows)

    def make_batches(examples, *, shuffle, augment, seed, epoch=0, skip=0):
        random = np.random.default_rng([seed, epoch])
        pixels = np.stack([images[e.path] for e in examples])
        labels = np.eye(2, dtype="float32")[[int(e.label == "dark") for e in examples]]
        if augment and augmentation:
            pixels = (pixels + random.normal(0, 5, pixels.shape)).astype("float32")
        if shuffle:
            order = random.permutation(len(examples))
            pixels, labels = pixels[order], labels[order]
        return tf.data.Dataset.from_tensor_slices((pixels, labels)).batch(4).skip(skip)

    return Dataset(
        info=DataInfo((SIZE, SIZE, 3), ("bright", "dark"), "print"),
        examples=examples,
        preprocess=NoPreprocess(),
        make_batches=make_batches,
        read=lambda example: b"",
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

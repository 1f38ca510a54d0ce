"""Every classic network can learn 64 images by heart, by the losses of its task."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.images.classification.task import task
from tfapp.layers.outputs import logits_model
from tfapp.recipes.config import ModelConfig
from tfapp.tasks.build import build_model
from tfapp.training.loop.statistics import MeasuredStatistics

EPOCHS = 200
NARROW = {"width": 0.125, "dropout_rate": 0.0}
NETWORKS = {
    "alexnet": ({**NARROW, "kernel_size": 3, "strides": 1}, (32, 32, 3), {}),
    "inception_v1": ({**NARROW, "kernel_size": 3, "strides": 1}, (32, 32, 3), {}),
    "inception_v3": (
        {"width": 0.125, "strides": 1, "auxiliary_heads": True},
        (39, 39, 3),
        {},
    ),
    "lenet5": ({}, (28, 28, 1), {"rejection_penalty": 20.0}),
    "lenet5_modern": ({}, (28, 28, 1), {}),
    "small_cnn": ({"units": (), "dropout_rate": 0.0}, (28, 28, 1), {}),
    "vgg": ({**NARROW, "depth": 11, "normalization": "tf"}, (32, 32, 3), {}),
}


@pytest.mark.nightly
@pytest.mark.parametrize("name", NETWORKS)
def test_network_learns_64_images_by_heart(name):
    """All 64 digits are right in the end."""
    options, shape, task_options = NETWORKS[name]
    images, labels = digits(shape)
    info = DataInfo({"image": InputSpec(shape)}, (), 10, tuple("0123456789"))
    keras.utils.set_random_seed(0)
    model = build_model(ModelConfig(name=name, options=options), info)
    learning = task(**task_options).learning(model, info)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS)
    learning.model.compile(keras.optimizers.Adam(rate), **learning.compile_arguments())
    inputs, targets = learning.batch(images, labels)
    learning.model.fit(inputs, targets, batch_size=64, epochs=EPOCHS, verbose=0)
    # Inception v3 has 94 normalisations: 200 steps are too few for their statistics.
    everything = tf.data.Dataset.from_tensors((inputs, targets))
    MeasuredStatistics(learning.model).measure(everything)
    logits = logits_model(model).predict(images, verbose=0)
    assert (logits.argmax(-1) == labels.argmax(-1)).all()


def digits(shape):
    """Return 64 handwritten digits at a size, pixels in [0, 255], and their labels."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = data.images[:64, ..., None].astype("float32") * (255 / 16)
    images = keras.ops.image.resize(images, shape[:2])
    images = np.repeat(keras.ops.convert_to_numpy(images), shape[2], axis=-1)
    return images, np.eye(10, dtype="float32")[data.target[:64]]

"""A tiny classifier, its preprocessing and its pictures."""

import io
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tfapp.data.spec import DataInfo, InputSpec

HEIGHT, WIDTH = 8, 6
CLASS_NAMES = ("zèbre", "apple", "猫")


class TinyPreprocess:
    """Decodes and resizes; stands in for the real one."""

    media_type = "image/*"

    def __init__(self, channels=3):
        self.channels = channels

    @property
    def raw(self):
        """Encoded images."""
        import tensorflow as tf

        return {"image_bytes": tf.TensorSpec((None,), tf.string)}

    def __call__(self, raw):
        """Return a float tensor (batch, HEIGHT, WIDTH, channels)."""
        import tensorflow as tf

        def one(encoded):
            image = tf.io.decode_image(
                encoded, channels=self.channels, expand_animations=False
            )
            image = tf.image.resize(image, (HEIGHT, WIDTH))
            return tf.ensure_shape(image, (HEIGHT, WIDTH, self.channels))

        return tf.map_fn(one, raw["image_bytes"], fn_output_signature=tf.float32)

    def fit_batch(self, images):
        """Return a float tensor (batch, HEIGHT, WIDTH, channels)."""
        import tensorflow as tf

        return tf.image.resize(images, (HEIGHT, WIDTH))

    def describe(self):
        """Return what goes into the card."""
        return {"kind": "tiny", "size": [HEIGHT, WIDTH]}


def encode(pixels, extension="PNG"):
    """Return uint8 pixels (height, width[, 3]) as an encoded image."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, extension)
    return buffer.getvalue()


def make_pictures(count=5, channels=3, height=HEIGHT, width=WIDTH):
    """Return uint8 noise (count, height, width[, 3])."""
    shape = (count, height, width) + ((3,) if channels == 3 else ())
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def make_classifier(channels=3, num_classes=3, dtype="float32"):
    """Return a tiny network of logits that differ clearly between pictures."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((HEIGHT, WIDTH, channels))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype=dtype)(inputs)
    x = keras.layers.Conv2D(4, 3, activation="relu", dtype=dtype)(x)
    x = keras.layers.BatchNormalization(dtype=dtype)(x)
    x = keras.layers.Flatten(dtype=dtype)(x)
    logits = keras.layers.Dense(num_classes, dtype=dtype)(x)
    return keras.Model(inputs, logits)


def softmax(logits):
    """Return the softmax of float logits (batch, num_classes), in NumPy."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def make_exported(model=None, preprocessor=None, names=CLASS_NAMES, **further):
    """Return a model with what its answers need."""
    from tfapp.export.spec import Exported

    inputs = {"image": InputSpec((HEIGHT, WIDTH, 3))}
    info = DataInfo(inputs, (), len(names), tuple(names))
    return Exported(
        model or make_classifier(), preprocessor or TinyPreprocess(), info, **further
    )


def make_examples(pictures):
    """Return pictures as a client sends them."""
    return [{"image_bytes": encode(picture)} for picture in pictures]


TINY = SimpleNamespace(
    exported=make_exported,
    examples=make_examples,
    height=HEIGHT,
    width=WIDTH,
    class_names=CLASS_NAMES,
    preprocess=TinyPreprocess,
    classifier=make_classifier,
    pictures=make_pictures,
    encode=encode,
    softmax=softmax,
)


@pytest.fixture(scope="session")
def tiny():
    """Offer the tiny things above, since test folders are no packages."""
    return TINY


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Export a tiny model once, verified for real in a fresh process."""
    from tfapp.domains.images.classification.interface import INTERFACE
    from tfapp.export.exporter import export_model

    model = make_classifier()
    result = export_model(
        make_exported(
            model, calibration={"temperature": 2.0}, options={"explain": True}
        ),
        INTERFACE,
        tmp_path_factory.mktemp("saved_models") / "tiny" / "1",
        examples=make_examples(make_pictures()),
        card={"recipe": {"seed": 0}},
    )
    return SimpleNamespace(result=result, path=result.path, model=model)


@pytest.fixture(scope="session")
def loaded(exported):
    """Load the exported model."""
    import tensorflow as tf

    return tf.saved_model.load(str(exported.path))


@pytest.fixture
def same_process(monkeypatch):
    """Verify in this process, which saves the seconds of a fresh one.

    And after the export's own answers, not beside them: they switch TensorFlow's
    functions off for a moment, everywhere in a process.
    """
    from tfapp.export import exporter
    from tfapp.export.checking import fresh_process, verify

    @contextmanager
    def in_turn(threads):
        def submit(function, *arguments):
            return SimpleNamespace(result=lambda: function(*arguments))

        yield SimpleNamespace(submit=submit)

    monkeypatch.setattr(exporter, "ThreadPoolExecutor", in_turn)
    monkeypatch.setattr(fresh_process, "ask_fresh_process", verify.answer)

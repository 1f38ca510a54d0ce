"""A model of a text and a sound, whose answers are numbers, whole numbers and texts."""

import tensorflow as tf

from tfapp.data.spec import DataInfo
from tfapp.export.spec import Exported, Interface, Prediction, Signature

NAMES = ("long", "short")
ROWS = [
    {"text": "abc", "sound": [0.5, 1.5, 1.0]},
    {"text": "ä", "sound": [2.0, 3.0, 4.0]},
    {"text": "a longer text", "sound": [0.25]},
    {"text": "abcd", "sound": [1.0]},
]


class TwoInputs:
    """Characters of a text, padded; the mean of a sound of any length."""

    media_type = "application/json"

    @property
    def raw(self):
        """A text and a sound."""
        sound = tf.TensorSpec((None, None), tf.float32)
        return {"text": tf.TensorSpec((None,), tf.string), "sound": sound}

    def __call__(self, raw):
        """Return "characters", int32 (batch, any), and "level", float (batch, 1)."""
        text = raw["text"]
        some = tf.debugging.Assert(
            tf.reduce_all(tf.strings.length(text) > 0), ["A text is empty."]
        )
        with tf.control_dependencies([some] if some is not None else []):
            codes = tf.strings.unicode_decode(text, "UTF-8").to_tensor()
        level = tf.reduce_mean(raw["sound"], axis=1, keepdims=True)
        return {"characters": codes % 50, "level": level}

    def describe(self):
        """Return what goes into the card."""
        return {"kind": "two inputs"}

    @classmethod
    def restore(cls, description):
        """Rebuild it."""
        assert description == {"kind": "two inputs"}
        return cls()


def make_model():
    """Return a network with two inputs, the first of any length."""
    import keras

    keras.utils.set_random_seed(0)
    characters = keras.Input((None,), dtype="int32", name="characters")
    level = keras.Input((1,), name="level")
    x = keras.layers.Embedding(50, 4, mask_zero=True)(characters)
    x = keras.layers.GlobalAveragePooling1D()(x)
    x = keras.layers.Concatenate()([x, level])
    inputs = {"characters": characters, "level": level}
    return keras.Model(inputs, keras.layers.Dense(2)(x))


def signatures(exported):
    """Answer with scores, the index of the best and its name; doubled by another."""

    def serve(text, sound):
        inputs = exported.preprocessor({"text": text, "sound": sound})
        scores = exported.calibration["factor"] * exported.model(inputs, training=False)
        best = tf.argmax(scores, axis=-1)
        return {"scores": scores, "best": best, "name": tf.gather(NAMES, best)}

    def count(words):
        return {"words": words * 2}

    def words(raw):
        return {"words": raw["sound"].astype("int64")}

    spec = {"words": tf.TensorSpec((None, None), tf.int64)}
    return {
        "serving_default": Signature(serve, exported.preprocessor.raw),
        "count": Signature(count, spec, words),
    }


def prediction(row):
    """Return the name, the index, the scores and a file."""
    scores = dict(zip(NAMES, map(float, row["scores"]), strict=True))
    columns = {"best": int(row["best"]), "scores": scores}
    name = row["name"].decode()
    return Prediction(name, columns, {"note.txt": name.encode()})


INTERFACE = Interface(
    signatures,
    prediction,
    TwoInputs.restore,
    {"scores": "classes", "name": "text"},
    batch_sizes=(1, 3),
)


def make_exported():
    """Return the network with what its answers need."""
    info = DataInfo({}, (), len(NAMES), tuple(NAMES))
    return Exported(make_model(), TwoInputs(), info, {"factor": 2.0})

"""What the signatures of an exported model answer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.images.classification.interface import image_signatures
from tfapp.domains.images.explanation.gradcam import class_maps
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.overlay import overlay
from tfapp.problems.classification.interface import as_example


@pytest.fixture(scope="module")
def pictures(tiny):
    """Pictures of the model's own size, so that decoding alone decides."""
    return tiny.pictures()


@pytest.fixture(scope="module")
def encoded(tiny, pictures):
    """Encode the pictures without loss."""
    return tf.constant([tiny.encode(picture) for picture in pictures])


@pytest.fixture(scope="module")
def expected(tiny, exported, pictures):
    """Divide the Keras model's logits by the temperature, softmax in NumPy."""
    logits = exported.model.predict_on_batch(pictures.astype(np.float32))
    return tiny.softmax(logits / 2.0)


def test_encoded_images_give_the_models_probabilities(loaded, encoded, expected):
    """PNG bytes in, softmax(logits / temperature) out."""
    answer = loaded.signatures["serving_default"](image_bytes=encoded)
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)


def test_label_and_score_name_the_best_class(tiny, loaded, encoded, expected):
    """`label` and `score` agree with NumPy's argmax, in UTF-8."""
    answer = loaded.signatures["serving_default"](image_bytes=encoded)
    names = [tiny.class_names[index] for index in expected.argmax(axis=1)]
    assert [label.decode() for label in answer["label"].numpy()] == names
    np.testing.assert_allclose(answer["score"], expected.max(axis=1), atol=1e-6)


def test_classes_are_in_the_order_of_the_probabilities(tiny, loaded, encoded):
    """Every row of `classes` lists all names as they were given."""
    answer = loaded.signatures["serving_default"](image_bytes=encoded)
    rows = [[name.decode() for name in row] for row in answer["classes"].numpy()]
    assert rows == [list(tiny.class_names)] * len(encoded)


def test_outputs_have_the_promised_dtypes_and_no_bytes_suffix(loaded):
    """TensorFlow Serving base64-encodes outputs whose name ends in `_bytes`."""
    for name in ("serving_default", "serve_images"):
        outputs = loaded.signatures[name].structured_outputs
        dtypes = {key: spec.dtype.name for key, spec in outputs.items()}
        assert dtypes == {
            "probabilities": "float32",
            "label": "string",
            "score": "float32",
            "classes": "string",
        }


def test_arrays_give_the_same_answer_as_their_encoding(loaded, pictures, expected):
    """uint8 pixels in, the same probabilities out."""
    answer = loaded.signatures["serve_images"](images=tf.constant(pictures))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)


@pytest.mark.parametrize("size", [(3, 17), (40, 9)])
def test_arrays_may_have_any_size(tiny, loaded, size):
    """Images larger and smaller than the model's input are resized."""
    pictures = tiny.pictures(count=2, height=size[0], width=size[1])
    answer = loaded.signatures["serve_images"](images=tf.constant(pictures))
    np.testing.assert_allclose(
        answer["probabilities"].numpy().sum(axis=1), 1, atol=1e-6
    )


def test_classify_takes_examples(tiny, loaded, encoded, expected):
    """tf.train.Example in, names and scores out, for the Classify API."""
    examples = [as_example("image_bytes", image) for image in encoded.numpy()]
    answer = loaded.signatures["classify"](inputs=tf.constant(examples))
    assert sorted(answer) == ["classes", "scores"]
    np.testing.assert_allclose(answer["scores"], expected, atol=1e-6)
    assert answer["classes"].numpy()[0, 2].decode() == tiny.class_names[2]


def test_explain_answers_the_same_and_shows_where_it_looked(
    tiny, loaded, exported, encoded, expected
):
    """Bars and picture in one answer; the picture is that of `tfapp explain`."""
    answer = loaded.signatures["explain"](image_bytes=encoded)
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)
    names = [tiny.class_names[index] for index in expected.argmax(axis=1)]
    assert [label.decode() for label in answer["label"].numpy()] == names
    pictures = tiny.pictures()
    pairs = list(enumerate(expected.argmax(axis=1)))
    maps = class_maps(split(exported.model), pictures.astype(np.float32), pairs)
    files = answer["explanation_bytes"].numpy()
    for file, pixels, values in zip(files, pictures, maps, strict=True):
        drawing = overlay(pixels, values / (values.max() or 1), signed=False)
        found = tf.io.decode_jpeg(file).numpy().astype(int)
        assert np.abs(found - drawing).mean() < 3  # JPEG's loss


def test_explain_is_left_out_where_nothing_explains(tiny):
    """Of a network without convolutions, and where nobody asked for it."""
    image = keras.Input((tiny.height, tiny.width, 3))
    dense = keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(image)))
    options = {"explain": True}
    assert "explain" not in image_signatures(tiny.exported(dense, options=options))
    assert list(image_signatures(tiny.exported())) == [
        "serving_default",
        "serve_images",
        "classify",
    ]


@pytest.mark.parametrize("garbage", [b"", b"no image", b"\xff\xd8\xff\xe0 cut"])
def test_a_corrupt_image_in_a_batch_is_an_invalid_argument(loaded, encoded, garbage):
    """Garbage never becomes a probability."""
    batch = tf.concat([encoded[:2], tf.constant([garbage])], axis=0)
    with pytest.raises(tf.errors.InvalidArgumentError):
        loaded.signatures["serving_default"](image_bytes=batch)

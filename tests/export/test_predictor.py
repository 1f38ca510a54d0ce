"""Predicting with a SavedModel, ours or another's."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import DataError, ExportError
from tfapp.export.predictor import load_saved_model


@pytest.fixture(scope="module")
def encoded(tiny):
    """More images than one batch holds."""
    return [tiny.encode(picture) for picture in tiny.pictures(count=35)]


@pytest.fixture(scope="module")
def predictor(exported):
    """Load the exported model."""
    return load_saved_model(exported.path)


def save_foreign(folder, function, *specs):
    """Save a function as a SavedModel that tfapp did not make."""
    module = tf.Module()
    module.function = tf.function(function, input_signature=specs, autograph=False)
    tf.saved_model.save(module, str(folder), signatures=module.function)
    return folder


def lengths(images):
    """Return two numbers for each string."""
    length = tf.cast(tf.strings.length(images), tf.float32)
    return {"numbers": tf.stack([length, -length], axis=1)}


def test_probabilities_equal_the_models(tiny, exported, predictor, encoded):
    """All images are answered, in order, beyond one batch."""
    images = tiny.pictures(count=35).astype(np.float32)
    expected = tiny.softmax(exported.model.predict_on_batch(images) / 2.0)
    probabilities = predictor.predict(encoded)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_class_names_come_with_the_model(tiny, predictor):
    """Names are in the order of the probabilities."""
    assert predictor.class_names == tiny.class_names


def test_no_images_give_no_rows(predictor):
    """An empty list is not an error."""
    assert predictor.predict([]).shape == (0, 3)


def test_a_broken_image_is_named(predictor, encoded):
    """One bad image of many is found, by name or by position."""
    broken = [*encoded[:33], b"broken", encoded[34]]
    with pytest.raises(DataError, match="Image number 34 cannot be decoded: Unknown"):
        predictor.predict(broken)
    names = [f"{index}.jpg" for index in range(35)]
    with pytest.raises(DataError, match="Image '33.jpg' cannot be decoded: "):
        predictor.predict(broken, names)


def test_another_saved_model_works_by_its_signature(tmp_path):
    """One string input and one float output are enough."""
    spec = tf.TensorSpec((None,), tf.string)
    predictor = load_saved_model(save_foreign(tmp_path / "foreign", lengths, spec))
    assert predictor.class_names == ("0", "1")
    np.testing.assert_array_equal(predictor.predict([b"abc", b""]), [[3, -3], [0, 0]])


def test_labels_of_another_saved_model_are_read(tmp_path):
    """labels.txt beside a SavedModel names its classes."""
    spec = tf.TensorSpec((None,), tf.string)
    folder = save_foreign(tmp_path / "foreign", lengths, spec)
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "labels.txt").write_text("long\nshort\n")
    assert load_saved_model(folder).class_names == ("long", "short")


def test_a_signature_that_does_not_fit_is_described(tmp_path):
    """The error says what is needed and what is there."""
    spec = tf.TensorSpec((None, 4), tf.float32, name="features")
    folder = save_foreign(tmp_path / "foreign", lambda features: features, spec)
    with pytest.raises(
        ExportError,
        match="expected one string input .* Found: serving_default"
        r"\(features: float32 \(None, 4\)\)",
    ):
        load_saved_model(folder)


def test_a_folder_that_is_no_saved_model_is_refused(tmp_path):
    """Nothing there, a file and a plain folder are told apart."""
    (tmp_path / "model.keras").write_text("")
    for name, found in [
        ("gone", "nothing there"),
        ("model.keras", "a file"),
        (".", "a folder without it"),
    ]:
        with pytest.raises(ExportError, match=f"is not a SavedModel.*found {found}"):
            load_saved_model(tmp_path / name)


def test_the_folder_above_the_versions_points_to_the_newest(exported):
    """saved_models/NAME is a likely slip."""
    with pytest.raises(ExportError, match="Did you mean '.*/tiny/1'"):
        load_saved_model(exported.path.parent)


def test_a_damaged_saved_model_is_one_line(tmp_path):
    """Garbage in saved_model.pb is not a traceback."""
    (tmp_path / "saved_model.pb").write_bytes(b"garbage")
    with pytest.raises(ExportError, match="Cannot load the SavedModel") as caught:
        load_saved_model(tmp_path)
    assert "\n" not in str(caught.value)

"""Predicting with a SavedModel, ours or another's."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tests.export import toys
from tfapp.base.errors import ConfigError, ExportError
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.export.predictor import (
    foreign_predictor,
    model_predictor,
    saved_model_predictor,
)


@pytest.fixture(scope="module")
def examples(tiny):
    """More images than one batch holds."""
    return tiny.examples(tiny.pictures(count=35))


@pytest.fixture(scope="module")
def predictor(exported):
    """Load the exported model."""
    return saved_model_predictor(exported.path, INTERFACE)


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


def test_probabilities_equal_the_models(tiny, exported, predictor, examples):
    """All images are answered, in order, beyond one batch."""
    images = tiny.pictures(count=35).astype(np.float32)
    expected = tiny.softmax(exported.model.predict_on_batch(images) / 2.0)
    answers = predictor.answers(examples)
    shares = np.stack([answer["probabilities"] for answer in answers])
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, expected, atol=1e-6)
    best = INTERFACE.prediction(answers[0])
    assert best.columns["label"] == tiny.class_names[expected[0].argmax()]
    assert list(best.columns["probabilities"]) == list(tiny.class_names)


def test_no_images_give_no_rows(predictor):
    """An empty list is not an error."""
    assert predictor.answers([]) == []


def test_a_broken_image_stays_alone(predictor, examples):
    """One bad image of many gets the reason, all others their answers."""
    broken = [*examples[:33], {"image_bytes": b"broken"}, examples[34]]
    answers = predictor.answers(broken)
    assert answers[33].startswith("Unknown image file format.")
    assert [i for i, a in enumerate(answers) if isinstance(a, str)] == [33]
    assert answers[34].keys() == answers[0].keys()


def test_a_model_answers_as_its_saved_model(tiny, exported, predictor, examples):
    """What answers in memory has the signatures of what was exported."""
    again = tiny.exported(exported.model, calibration={"temperature": 2.0})
    ours = model_predictor(again, INTERFACE).answers(examples[:3])
    for own, other in zip(ours, predictor.answers(examples[:3]), strict=True):
        assert own.keys() == other.keys()
        assert own["label"] == other["label"]
        np.testing.assert_allclose(
            own["probabilities"], other["probabilities"], atol=1e-6
        )


def test_another_signature_answers_on_request(tiny, exported, predictor, examples):
    """Decoded images get the answers of their files, in memory and from the file."""
    images = tiny.pictures(count=35)
    expected = [a["probabilities"] for a in predictor.answers(examples)]
    again = tiny.exported(exported.model, calibration={"temperature": 2.0})
    for loaded in (predictor, model_predictor(again, INTERFACE)):
        by_arrays = loaded.by("serve_images")
        assert list(by_arrays.inputs) == ["images"]
        answers = by_arrays.answers([{"images": image} for image in images])
        shares = [answer["probabilities"] for answer in answers]
        np.testing.assert_allclose(shares, expected, atol=1e-6)
        with pytest.raises(ExportError, match="no signature 'draw'"):
            loaded.by("draw")
    assert tuple(predictor.card["class_names"]) == tiny.class_names


def test_rows_of_two_inputs_and_of_any_length():
    """Rows keep their order; a row is answered as if it were alone."""
    predictor = model_predictor(toys.make_exported(), toys.INTERFACE)
    bad = {"text": "", "sound": [0.0]}
    answers = predictor.answers([*toys.ROWS, bad])
    assert answers[4] == "A text is empty"
    for row, answer in zip(toys.ROWS, answers, strict=False):
        (alone,) = predictor.answers([row])
        assert alone["best"] == answer["best"]
        np.testing.assert_allclose(alone["scores"], answer["scores"], atol=1e-6)
        inputs = toys.TwoInputs()(
            {"text": tf.constant([row["text"]]), "sound": tf.constant([row["sound"]])}
        )
        scores = 2.0 * predictor_model(inputs)
        np.testing.assert_allclose(answer["scores"], scores[0], atol=1e-6)


def predictor_model(inputs):
    """Return what the toy's network answers by itself."""
    return toys.make_model().predict_on_batch(inputs)


def test_another_saved_model_works_by_its_signature(tmp_path):
    """One string input and one float output are enough."""
    spec = tf.TensorSpec((None,), tf.string)
    folder = save_foreign(tmp_path / "foreign", lengths, spec)
    predictor = foreign_predictor(folder, INTERFACE)
    (name,) = predictor.inputs
    answers = predictor.answers([{name: b"abc"}, {name: b""}])
    assert [a["probabilities"].tolist() for a in answers] == [[3, -3], [0, 0]]
    assert answers[0]["classes"].tolist() == [b"0", b"1"]


def test_labels_of_another_saved_model_are_read(tmp_path):
    """labels.txt beside a SavedModel names its classes."""
    spec = tf.TensorSpec((None,), tf.string)
    folder = save_foreign(tmp_path / "foreign", lengths, spec)
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "labels.txt").write_text("long\nshort\n")
    predictor = foreign_predictor(folder, INTERFACE)
    (path := tmp_path / "file").write_bytes(b"abc")
    (answer,) = predictor.answers(predictor.rows(path))
    assert INTERFACE.prediction(answer).columns == {
        "label": "long",
        "probability": 3.0,
        "probabilities": {"long": 3.0, "short": -3.0},
    }


def test_a_signature_that_does_not_fit_is_described(tmp_path):
    """The error says what is needed and what is there."""
    spec = tf.TensorSpec((None, 4), tf.float32, name="features")
    folder = save_foreign(tmp_path / "foreign", lambda features: features, spec)
    with pytest.raises(
        ExportError,
        match="expected one string input .* Found: serving_default"
        r"\(features: float32 \(None, 4\)\)",
    ):
        foreign_predictor(folder, INTERFACE)


def test_a_folder_that_is_no_saved_model_is_refused(tmp_path):
    """Nothing there, a file and a plain folder are told apart."""
    (tmp_path / "model.keras").write_text("")
    for name, found in [
        ("gone", "nothing there"),
        ("model.keras", "a file"),
        (".", "a folder without it"),
    ]:
        with pytest.raises(ExportError, match=f"is not a SavedModel.*found {found}"):
            foreign_predictor(tmp_path / name, INTERFACE)


def test_the_folder_above_the_versions_points_to_the_newest(exported):
    """saved_models/NAME is a likely slip."""
    with pytest.raises(ExportError, match="Did you mean '.*/tiny/1'"):
        saved_model_predictor(exported.path.parent, INTERFACE)


def test_a_damaged_saved_model_is_one_line(tmp_path):
    """Garbage in saved_model.pb is not a traceback."""
    (tmp_path / "saved_model.pb").write_bytes(b"garbage")
    with pytest.raises(ExportError, match="Cannot load the SavedModel") as caught:
        foreign_predictor(tmp_path, INTERFACE)
    assert "\n" not in str(caught.value)


def test_what_is_said_next_to_a_file(tiny, predictor, tmp_path):
    """A model of files alone refuses it; another takes it, or does without."""
    assert predictor.fields({}) == {}
    with pytest.raises(ConfigError, match=r"takes files alone, and no \['day'\]"):
        predictor.rows(tmp_path / "a.png", {"day": "1"})
    content = tiny.encode(tiny.pictures()[0])
    (tmp_path / "a.png").write_bytes(content)
    interface = replace(
        INTERFACE,
        fields=lambda said: {"day": float(said.get("day", -1))},
        read=lambda path, _: iter([{"image_bytes": path.read_bytes(), "day": 7.0}]),
    )
    inputs = {**predictor.inputs, "day": tf.TensorSpec((None,), tf.float32)}
    asked = replace(predictor, interface=interface, inputs=inputs)
    assert asked.in_memory(content) == {"image_bytes": content, "day": -1.0}
    assert [row["day"] for row in asked.rows(tmp_path / "a.png")] == [7.0]
    assert [row["day"] for row in asked.rows(tmp_path / "a.png", {"day": "3"})] == [3.0]

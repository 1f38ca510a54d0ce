"""The comparison of the exported model with the Keras model."""

import sys

import numpy as np
import pytest

from tfapp.base.errors import ExportError
from tfapp.export import parity
from tfapp.export.options import ExportOptions


@pytest.fixture
def questions(tiny):
    """Questions about two images, with the answers expected."""
    expected = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]], np.float32)
    names = ("serving_default", "serve_images", "classify")
    images = tiny.pictures(count=2)
    return parity.Questions([b"1", b"2"], images, dict.fromkeys(names, expected))


def make_answers(questions, class_names, shift=0.0):
    """Answer as expected, but for one probability."""
    answers = {name: p.copy() for name, p in questions.probabilities.items()}
    answers["serve_images"][1, 1] += shift
    return {**answers, "classes": np.array(class_names)}


def test_a_small_difference_is_recorded(tiny, questions):
    """The largest difference and where it lies go into the card."""
    answers = make_answers(questions, tiny.class_names, shift=0.0625)
    found = parity.compare(questions, answers, tiny.class_names, tolerance=0.1)
    assert found["max_difference"] == 0.0625
    assert found["by_signature"] == {
        "serving_default": 0.0,
        "serve_images": 0.0625,
        "classify": 0.0,
    }


def test_a_large_difference_is_an_error(tiny, questions):
    """The error names the signature, the difference and the tolerance."""
    answers = make_answers(questions, tiny.class_names, shift=0.0625)
    with pytest.raises(
        ExportError,
        match="'serve_images' are off by up to 0.0625 on 2 check images, more than "
        "`export.tolerance` = 0.0001",
    ):
        parity.compare(questions, answers, tiny.class_names, tolerance=1e-4)


def test_nan_is_never_within_the_tolerance(tiny, questions):
    """NaN compares false with everything, so the test has to be the other way."""
    answers = make_answers(questions, tiny.class_names, shift=np.nan)
    with pytest.raises(ExportError, match="answers differently"):
        parity.compare(questions, answers, tiny.class_names, tolerance=1e-4)


def test_class_names_in_another_order_are_an_error(tiny, questions):
    """Right numbers under wrong names are wrong answers."""
    answers = make_answers(questions, tiny.class_names[::-1])
    with pytest.raises(ExportError, match="names its classes .'猫', 'apple', 'zèbre'."):
        parity.compare(questions, answers, tiny.class_names, tolerance=1.0)


def test_questions_hold_the_models_own_answers(tiny):
    """Probabilities are the softmax of the logits over the temperature."""
    model = tiny.classifier()
    pictures = tiny.pictures()
    encoded = [tiny.encode(picture) for picture in pictures]
    options = ExportOptions(tiny.class_names, {}, encoded, encoded, temperature=4.0)
    names = ("serving_default", "serve_images", "explain")
    asked = parity.make_questions(model, tiny.preprocess(), options, names)
    assert tuple(asked.probabilities) == names
    expected = tiny.softmax(model.predict_on_batch(pictures.astype(np.float32)) / 4)
    np.testing.assert_allclose(
        asked.probabilities["serving_default"], expected, atol=1e-6
    )
    np.testing.assert_array_equal(asked.images, pictures[:, :6])


def test_a_diverged_model_is_not_exported(tiny):
    """NaN weights are found before anything is written."""
    model = tiny.classifier()
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    encoded = [tiny.encode(tiny.pictures()[0])]
    options = ExportOptions(tiny.class_names, {}, encoded, encoded)
    with pytest.raises(ExportError, match="NaN or infinity"):
        parity.make_questions(model, tiny.preprocess(), options, ["classify"])


def test_the_last_useful_line_is_the_error():
    """Advice that follows the error does not hide it."""
    stderr = b"I0000 noise\nTraceback:\n  File\nfoo.BarError: broken\n\t [[node]]\n\n"
    assert parity.last_useful_line(stderr, 1) == "foo.BarError: broken"
    assert parity.last_useful_line(b"only this\n", 1) == "only this"
    assert parity.last_useful_line(b"", 3) == "exit code 3"
    assert "signal 9" in parity.last_useful_line(b"I0000 noise", -9)


def test_a_failing_process_gives_one_line(questions, tmp_path, monkeypatch):
    """The child's traceback stays out of the message."""
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho noise >&2; echo 'OSError: gone' >&2; exit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(ExportError, match="process of its own: OSError: gone$"):
        parity.ask_fresh_process(tmp_path, questions)

"""The comparison of the exported model with the Keras model."""

import sys

import numpy as np
import pytest

from tests.export import toys
from tfapp.base.errors import ExportError
from tfapp.domains.images.classification.interface import image_signatures
from tfapp.export.checking import fresh_process, parity
from tfapp.export.signatures import compiled

SHARES = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]], np.float32)


def make_answers(**changes):
    """Return answers of two signatures to two rows, one batch each."""
    labels = np.array([b"a", b"b"], object)
    numbers = np.array([[1, 2], [3, 4]], np.int64)
    outputs = {"probabilities": SHARES, "label": labels, "numbers": numbers}
    return {"serving_default": [outputs], "other": [{**outputs, **changes}]}


def shifted(shift):
    """Return answers of which one float is off."""
    floats = SHARES.copy()
    floats[1, 1] += shift
    return make_answers(probabilities=floats)


def test_a_small_difference_is_recorded():
    """The largest difference and where it lies go into the card."""
    result = parity.compare(make_answers(), shifted(0.0625), tolerance=0.1)
    assert result == {
        "num_examples": 2,
        "tolerance": 0.1,
        "max_difference": 0.0625,
        "by_signature": {"serving_default": 0.0, "other": 0.0625},
        "exact_share": 0.75,
    }


@pytest.mark.parametrize("shift", [0.0626, -0.0626, np.nan])
def test_a_large_difference_is_an_error(shift):
    """Just above the tolerance is too much; NaN is never within it."""
    with pytest.raises(
        ExportError,
        match=r"`probabilities` of 'other' is off by up to (0.0626|nan), more than "
        "`export.tolerance` = 0.0625. Nothing was written",
    ):
        parity.compare(make_answers(), shifted(shift), tolerance=0.0625)


def test_the_tolerance_itself_is_allowed():
    """The limit belongs to what is allowed."""
    result = parity.compare(make_answers(), shifted(-0.0625), tolerance=0.0625)
    assert result["max_difference"] == 0.0625


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": [b"a", b"c"]}, "`label` of 'other' is b'c' instead of b'b'"),
        (
            {"numbers": [[1, 2], [3, 5]]},
            r"`numbers` .* is \[3, 5\] instead of ",
        ),
    ],
)
def test_texts_and_whole_numbers_have_to_be_equal(change, message):
    """No tolerance helps: right numbers under wrong names are wrong answers."""
    ((name, values),) = change.items()
    dtype = make_answers()["other"][0][name].dtype
    received = make_answers(**{name: np.array(values, dtype)})
    with pytest.raises(ExportError, match=message):
        parity.compare(make_answers(), received, tolerance=1.0)


def test_a_tie_may_fall_to_either_side():
    """Where floats differ in their last bits, what hangs on them may differ too."""
    floats = SHARES.copy()
    floats[1] = np.nextafter(floats[1], 1, dtype=np.float32)
    other = np.array([b"a", b"c"], object)
    received = make_answers(probabilities=floats, label=other)
    assert parity.compare(make_answers(), received, 1e-4)["exact_share"] == 0.75
    other = np.array([b"c", b"b"], object)  # the row that is equal to the bit
    received = make_answers(probabilities=floats, label=other)
    with pytest.raises(ExportError, match="`label` of 'other' is b'c' instead of b'a'"):
        parity.compare(make_answers(), received, 1e-4)


def test_missing_outputs_and_other_forms_are_errors():
    """A float64 answer of the right values is another answer."""
    received = make_answers()
    del received["other"][0]["label"]
    with pytest.raises(ExportError, match="`label` of 'other' is missing; expected"):
        parity.compare(make_answers(), received, tolerance=1.0)
    received = make_answers(probabilities=SHARES.astype(np.float64))
    with pytest.raises(ExportError, match=r"is float64 \(2, 3\); expected float32"):
        parity.compare(make_answers(), received, tolerance=1.0)


def test_differences_of_two_models():
    """The largest difference of a float; texts do not count."""
    other = shifted(0.25)
    other["other"][0]["label"] = np.array([b"x", b"y"], object)
    assert parity.largest_difference(make_answers(), other) == 0.25


def test_expected_answers_are_the_models_own(tiny):
    """Probabilities are the softmax of the logits over the temperature."""
    model, pictures = tiny.classifier(), tiny.pictures()
    exported = tiny.exported(model, calibration={"temperature": 4.0})
    signature = image_signatures(exported)["serving_default"]
    encoded = np.array([tiny.encode(picture) for picture in pictures], object)
    answers = parity.expected_answers(
        {"serving_default": compiled(signature)},
        {"serving_default": [{"image_bytes": encoded}]},
    )
    expected = tiny.softmax(model.predict_on_batch(pictures.astype(np.float32)) / 4)
    (outputs,) = answers["serving_default"]
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-6)


def test_a_diverged_model_is_not_exported():
    """NaN weights are found before anything is written."""
    exported = toys.make_exported()
    weights = [np.full_like(w, np.nan) for w in exported.model.get_weights()]
    exported.model.set_weights(weights)
    function = compiled(toys.signatures(exported)["serving_default"])
    question = {"text": np.array([b"a"], object), "sound": np.ones((1, 2), np.float32)}
    with pytest.raises(ExportError, match="NaN or infinity"):
        parity.expected_answers({"x": function}, {"x": [question]})


def test_the_last_useful_line_is_the_error():
    """Advice that follows the error does not hide it."""
    stderr = b"I0000 noise\nTraceback:\n  File\nfoo.BarError: broken\n\t [[node]]\n\n"
    assert fresh_process.last_useful_line(stderr, 1) == "foo.BarError: broken"
    assert fresh_process.last_useful_line(b"only this\n", 1) == "only this"
    assert fresh_process.last_useful_line(b"", 3) == "exit code 3"
    assert "signal 9" in fresh_process.last_useful_line(b"I0000 noise", -9)


def test_a_failing_process_gives_one_line(tmp_path, monkeypatch):
    """The child's traceback stays out of the message."""
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho noise >&2; echo 'OSError: gone' >&2; exit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(ExportError, match="process of its own: OSError: gone$"):
        fresh_process.ask_fresh_process(tmp_path, {})

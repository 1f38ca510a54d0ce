"""Publishing: whole, verified, or not at all."""

import errno
import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import DamageError, ExportError, StorageError
from tfapp.base.storage.checksums import require_intact_tree
from tfapp.domains.images.classification.interface import INTERFACE
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.export import exporter
from tfapp.export.checking import fresh_process, verify
from tfapp.export.destination import next_version
from tfapp.export.exporter import export_model
from tfapp.export.predictor import saved_model_predictor


def export(tiny, model=None, preprocessor=None, *, destination, examples, **further):
    """Export an image classifier."""
    exported = tiny.exported(model, preprocessor, **further)
    return export_model(exported, INTERFACE, destination, examples=examples)


@pytest.fixture
def arguments(tiny, tmp_path):
    """Return arguments of `export` that work."""
    return {
        "destination": tmp_path / "saved_models" / "tiny" / "1",
        "examples": tiny.examples(tiny.pictures(count=2)),
    }


def test_the_result_tells_what_a_fresh_process_saw(exported):
    """Difference and timings are those of another process."""
    result = exported.result
    assert result.path.name == "1"
    assert 0 <= result.max_difference < 1e-6
    assert result.load_ms > 0
    assert result.first_request_ms > result.second_request_ms > 0


def test_the_card_is_the_recipe_and_what_the_export_found(exported):
    """tfapp.json holds the passed card and everything the export adds."""
    text = (exported.path / "tfapp.json").read_text(encoding="utf-8")
    card = json.loads(text)
    assert card == json.loads(json.dumps(exported.result.card))
    assert card["recipe"] == {"seed": 0}
    assert card["class_names"] == ["zèbre", "apple", "猫"]
    assert card["calibration"] == {"temperature": 2.0}
    assert card["interface"] == {
        "media_type": "image/*",
        "outputs": {
            "probabilities": "classes",
            "explanation_bytes": "pictures",
            "remark": "text",
        },
    }
    assert card["preprocess"] == {"kind": "tiny", "size": [8, 6]}
    assert card["parity"]["num_examples"] == 5
    assert card["versions"]["tensorflow"] == tf.__version__
    assert set(card["latency"]) == {"load_ms", "first_request_ms", "second_request_ms"}
    assert "猫" in text


def test_every_file_is_sealed(exported, tmp_path):
    """A flipped bit in any of them is named before anything is loaded."""
    copy = tmp_path / "copy" / "1"
    shutil.copytree(exported.path, copy)
    require_intact_tree(copy)
    for path in sorted(p for p in copy.rglob("*") if p.is_file()):
        data = path.read_bytes()
        if not data or path.name == "checksums.json":
            continue
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(DamageError, match=f"{path.name} is damaged"):
            require_intact_tree(copy)
        path.write_bytes(data)


def test_what_a_run_has_published_is_found(tmp_path):
    """By the id of the run in the card; other versions and damage are passed over."""
    for version, run_id in (("1", "a"), ("2", "b"), ("3", "")):
        (tmp_path / version).mkdir()
        card = {"environment": {"id": run_id}, "parity": {"max_difference": 1e-7}}
        card["latency"] = dict.fromkeys(
            ("load_ms", "first_request_ms", "second_request_ms"), 1.0
        )
        text = json.dumps(card) if run_id else "{"
        (tmp_path / version / "tfapp.json").write_text(text)
    assert exporter.published_version(tmp_path, "b").path == tmp_path / "2"
    assert exporter.published_version(tmp_path, "c") is None
    assert exporter.published_version(tmp_path / "none", "a") is None


def test_others_may_read_the_folder(exported):
    """A server runs as another user: no private modes of a temporary folder."""
    umask = os.umask(0)
    os.umask(umask)
    assert exported.path.stat().st_mode & 0o777 == 0o777 & ~umask


def test_nothing_temporary_stays(exported):
    """Only the version lies in the folder that a server polls."""
    assert [path.name for path in exported.path.parent.iterdir()] == ["1"]


def test_a_mixed_model_answers_as_its_float32_copy(tiny, arguments, same_process):
    """Exported in float32; the difference from mixed precision is on the card."""
    model = tiny.classifier(dtype="mixed_bfloat16")
    result = export(tiny, model, **arguments)
    twin = tiny.classifier()
    twin.set_weights(model.get_weights())
    pictures = tiny.pictures(count=2)
    answer = tf.saved_model.load(str(result.path)).signatures["serve_images"](
        images=tf.constant(pictures)
    )
    expected = tiny.softmax(twin.predict_on_batch(pictures.astype(np.float32)))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)
    assert 1e-6 < result.card["parity"]["from_mixed_precision"] < 0.1


def test_grey_images_have_one_channel(tiny, arguments, same_process):
    """The array signature follows the model's number of channels."""
    pictures = tiny.pictures(count=2, channels=1)
    encoded = [tiny.encode(picture) for picture in pictures]
    arguments["examples"] = tiny.examples(pictures)
    model = tiny.classifier(channels=1)
    result = export(tiny, model, tiny.preprocess(channels=1), **arguments)
    shape = result.card["signatures"]["serve_images"]["inputs"]["images"]["shape"]
    assert shape == [-1, -1, -1, 1]
    answer = tf.saved_model.load(str(result.path)).signatures["serving_default"](
        image_bytes=tf.constant(encoded)
    )
    logits = model.predict_on_batch(pictures[..., np.newaxis].astype(np.float32))
    np.testing.assert_allclose(answer["probabilities"], tiny.softmax(logits), atol=1e-6)


def test_versions_increase(tiny, arguments, same_process):
    """Each export goes beside the ones before."""
    folder = arguments["destination"].parent
    assert next_version(folder) == 1
    export(tiny, **arguments)
    assert next_version(folder) == 2
    (folder / "10").mkdir()
    (folder / ".11.partial").mkdir()
    (folder / "notes").mkdir()
    assert next_version(folder) == 11


def raise_error(error):
    """Return a function that raises, whatever it is called with."""

    def fail(*_args, **_options):
        raise error

    return fail


FULL = OSError(errno.ENOSPC, "No space left on device")
TF_FULL = tf.errors.ResourceExhaustedError(None, None, "No space left on device")
TF_DENIED = tf.errors.PermissionDeniedError(None, None, "Permission denied")


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        ("write_labels", FULL, "the disk is full"),
        ("write_saved_model", TF_FULL, "the disk is full"),
        ("write_saved_model", TF_DENIED, "permission denied"),
        ("write_json", OSError(errno.EIO, "Input/output error"), "Input/output error"),
    ],
)
def test_a_write_error_is_one_line(
    tiny, arguments, same_process, monkeypatch, step, error, message
):
    """The line names the folder; nothing is left, not even the model's folder."""
    monkeypatch.setattr(exporter, step, raise_error(error))
    with pytest.raises((ExportError, StorageError), match=message) as caught:
        export(tiny, **arguments)
    assert str(arguments["destination"]) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not arguments["destination"].parents[1].exists()


def test_a_folder_in_the_way_is_named(tiny, arguments, tmp_path):
    """A file where a folder should be is the user's to fix."""
    (tmp_path / "saved_models").write_text("")
    with pytest.raises(StorageError, match="Cannot write .*saved_models/tiny/1: "):
        export(tiny, **arguments)


def test_a_model_that_answers_differently_is_not_published(
    tiny, arguments, monkeypatch
):
    """A mismatch leaves nothing behind, and the earlier version untouched."""
    folder = arguments["destination"].parent
    (folder / "1").mkdir(parents=True)

    def ask(saved: Path, questions):
        answers = verify.answer(saved, questions).outputs
        shifted = {
            name: [{**o, "scores": o.get("scores", 0.0) + 0.5} for o in batches]
            for name, batches in answers.items()
        }
        return verify.Answers(shifted, {}, 0)

    monkeypatch.setattr(fresh_process, "ask_fresh_process", ask)
    arguments["destination"] = folder / "2"
    with pytest.raises(ExportError, match="`scores` of 'classify' is off by up to 0.5"):
        export(tiny, **arguments)
    assert [path.name for path in folder.iterdir()] == ["1"]


def test_ctrl_c_leaves_nothing(tiny, arguments, monkeypatch):
    """An interrupted verification publishes nothing."""
    monkeypatch.setattr(
        fresh_process, "ask_fresh_process", raise_error(KeyboardInterrupt())
    )
    with pytest.raises(KeyboardInterrupt):
        export(tiny, **arguments)
    assert not arguments["destination"].parent.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": ("a", "b")}, "has 3 outputs. Expected one for each of the 2"),
        ({"names": ("a", "b\nc", "d")}, r"Label 'b\\nc' does not fit on one"),
        (
            {"calibration": {"temperature": 0.0}},
            "`temperature` must be a number above 0. Received: 0.0",
        ),
        (
            {"calibration": {"temperature": float("nan")}},
            "must be a number above 0. Received: nan",
        ),
        ({"examples": []}, "`examples` is empty"),
        ({"destination": Path("models/tiny")}, "such as models/tiny/1"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(tiny, arguments, change, message):
    """Each mistake has its own line, before anything is computed."""
    with pytest.raises(ExportError, match=message):
        export(tiny, **arguments | change)


def test_a_published_version_is_never_replaced(tiny, arguments):
    """The error names the version to use instead."""
    arguments["destination"].mkdir(parents=True)
    with pytest.raises(ExportError, match="exists already.*The next one is 2"):
        export(tiny, **arguments)


@pytest.mark.slow
def test_the_projects_own_preprocessing_survives_the_export(
    tiny, arguments, same_process
):
    """JPEGs of other sizes are decoded, cropped and resized as in training."""
    preprocess = ImagePreprocessor((tiny.height, tiny.width), resize="crop")
    sizes = [(40, 30), (9, 50), (7, 5)]
    encoded = [
        tiny.encode(tiny.pictures(1, height=h, width=w)[0], "JPEG") for h, w in sizes
    ]
    arguments["examples"] = [{"image_bytes": image} for image in encoded]
    model = tiny.classifier()
    result = export(tiny, model, preprocess, **arguments)
    inputs = np.stack([preprocess.fit(preprocess.decode(image)) for image in encoded])
    answers = saved_model_predictor(result.path, INTERFACE).answers(
        arguments["examples"]
    )
    np.testing.assert_allclose(
        [answer["probabilities"] for answer in answers],
        tiny.softmax(model.predict_on_batch(inputs.astype("float32"))),
        atol=1e-6,
    )


@pytest.mark.slow
def test_real_weights_and_photographs_agree(
    tiny, shared_data, shared_weights, tmp_path
):
    """MobileNetV2 answers photographs alike before and after the export."""
    network = keras.applications.MobileNetV2(weights=None, classifier_activation=None)
    network.load_weights(shared_weights / "mobilenet_v2_1.0_224.f16.weights.h5")
    inputs = keras.Input((224, 224, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    files = sorted((shared_data / "cats_dogs").rglob("*.jpg"))[:8]
    examples = [{"image_bytes": file.read_bytes()} for file in files]
    assert examples, "the data set holds no photographs"
    exported = tiny.exported(
        keras.Model(inputs, network(scaled)),
        ImagePreprocessor((224, 224)),
        [*map(str, range(1000))],
    )
    place = tmp_path / "mobilenet" / "1"
    result = export_model(exported, INTERFACE, place, examples=examples)
    assert result.max_difference < 1e-5

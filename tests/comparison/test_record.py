"""Tests of tfapp.comparison.record."""

import json
import zipfile

import h5py
import numpy as np
import pytest

from tfapp.base.errors import ConfigError
from tfapp.comparison.record import count_parameters, read_record
from tfapp.problems.classification.compared import CLASSIFICATION

RECIPE = {"task": "image_classification", "seed": 4}
RIGHT = [1, 1, 0, 1]


@pytest.fixture
def folder(fake_run, tmp_path):
    """A finished run with one mistake among four test examples."""
    return fake_run(tmp_path, "cats", 2, RIGHT)


def test_a_run_is_read(folder):
    """Answers by content, figures, classes, and how much was trained on."""
    record = read_record(folder, RECIPE, CLASSIFICATION)
    assert record.title == "cats/2"
    assert record.seed == 4
    assert record.class_names == ("a", "b")
    assert record.trained_on == 12
    assert record.figures["accuracy"] == 0.75
    assert record.figures["seconds"] == 9.0
    assert record.test_set == set(record.answers)
    assert len(record.test_set) == 4
    wrong = [answer for answer in record.answers.values() if not answer.correct]
    assert [(a.path, a.label, a.predicted, a.loss) for a in wrong] == [
        ("t/2.png", "a", "b", 2.3)
    ]
    assert record.parameters is None


@pytest.mark.parametrize(("limit", "count"), [(0, 12), (2, 4), (6, 12), (100, 12)])
def test_the_limit_of_a_recipe_counts(folder, limit, count):
    """The split is recorded whole; the recipe says what was taken of it."""
    recipe = RECIPE | {"data": {"limit": limit}}
    assert read_record(folder, recipe, CLASSIFICATION).trained_on == count


def test_copies_in_the_test_set_stay_apart(folder):
    """Two files of equal content are two test examples."""
    split = json.loads((folder / "split.json").read_text())
    split["examples"][2]["content_hash"] = split["examples"][0]["content_hash"]
    (folder / "split.json").write_text(json.dumps(split))
    assert len(read_record(folder, RECIPE, CLASSIFICATION).answers) == 4


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("metrics.json", lambda t: t[:40], r"metrics.json cannot be used: it is not"),
        ("metrics.json", lambda t: "[]", "not a JSON object"),
        ("metrics.json", lambda t: t.replace("macro_f1", "f1"), "it lacks 'macro_f1'"),
        ("metrics.json", lambda t: t.replace("0.02", '"x"'), "could not convert"),
        ("metrics.json", lambda t: t.replace("0.02", "NaN"), "not a finite number"),
        ("metrics.json", lambda t: t.replace("0.75", "0.5"), "75.0000%, that of met"),
        ("metrics.json", None, "No such file"),
        ("split.json", lambda t: t.replace("examples", "rows"), "'examples'"),
        ("split.json", lambda t: t.replace('"target"', '"name"'), "'target'"),
        ("predictions.csv", lambda t: "path,label\n1,a\n", "'predicted'"),
        ("predictions.csv", lambda t: t.splitlines()[0], "holds no prediction"),
        ("predictions.csv", lambda t: t.rsplit("\n", 2)[0], "not the test examples"),
        ("predictions.csv", None, "No such file"),
    ],
)
def test_damaged_files_are_named(folder, name, change, message):
    """One line with the file, what is wrong with it, and the way out."""
    path = folder / name
    text = path.read_text()
    path.unlink()
    if change is not None:
        path.write_text(change(text))
    with pytest.raises(ConfigError, match=message) as caught:
        read_record(folder, RECIPE, CLASSIFICATION)
    assert str(folder) in str(caught.value)
    assert name in str(caught.value)
    assert "leave it out" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parameters_are_those_of_the_model_alone(tmp_path):
    """Neither the optimizer's state nor that of random layers counts."""
    weights = tmp_path / "model.weights.h5"
    with h5py.File(weights, "w") as content:
        content["layers/dense/vars/0"] = np.zeros((3, 4), "float32")
        content["layers/dense/vars/1"] = np.zeros(4, "float32")
        content["layers/dropout/vars/0"] = np.zeros(2, "uint32")
        content["optimizer/vars/0"] = np.zeros(99, "float32")
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(weights, "model.weights.h5")
    assert count_parameters(path) == 16


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_without_a_model_parameters_are_unknown(tmp_path, content):
    """A missing or broken model costs one cell of the table, not the comparison."""
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    assert count_parameters(path) is None


def test_parameters_agree_with_keras(workspace):
    """The count of a real run's model is Keras' own."""
    from tfapp.export.keras_file import load_model

    path = workspace[1].folder / "model.keras"
    assert count_parameters(path) == load_model(path).count_params()

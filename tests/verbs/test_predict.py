"""Prediction with every form of a model, on good and bad inputs."""

import csv
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import ConfigError, DataError, ModelError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.verbs.predict import PredictionRow, Predictions, predict, write_csv

QUIET = Reporter(quiet=True)
predict_module = sys.modules["tfapp.verbs.predict"]  # `tfapp.verbs` may hide it


def ask(model, inputs, folder):
    """Predict without progress."""
    return predict(str(model), inputs, runs_folder=folder / "runs", reporter=QUIET)


@pytest.mark.parametrize(("count", "optimised"), [(32, False), (33, True)])
def test_the_graph_is_optimised_for_many_files_alone(
    count, optimised, tmp_path, monkeypatch
):
    """It takes up to a second, which few answers do not bring back."""
    seen = []

    def answers(rows):
        seen.append(tf.config.optimizer.get_experimental_options())
        return ["no answer"] * len(rows)

    interface = SimpleNamespace(suffixes=())
    fake = SimpleNamespace(
        answers=answers, fields=dict, interface=interface, rows=lambda path, said: [{}]
    )
    loaded = SimpleNamespace(predictor=fake)
    monkeypatch.setattr(predict_module, "load", lambda *_, **__: loaded)
    for number in range(count):
        (tmp_path / f"{number}.txt").touch()
    assert len(ask("m", [str(tmp_path)], tmp_path).rows) == count
    assert {options["disable_meta_optimizer"] for options in seen} == {not optimised}


@pytest.mark.slow
def test_every_form_of_the_model_answers_alike(workspace, photos):
    """SavedModel, its parent, run, run folder and .keras file agree."""
    folder, result = workspace
    forms = [
        result.saved_model,
        result.saved_model.parent,
        "digits",
        "digits/1",
        result.folder,
        result.folder / "model.keras",
    ]
    inputs = [str(photos / f"digit{i}.png") for i in range(3)]
    answers = []
    for form in forms:
        rows = ask(form, inputs, folder).rows
        answers.append([list(row.columns["probabilities"].values()) for row in rows])
    for answer in answers[1:]:
        np.testing.assert_allclose(answer, answers[0], atol=1e-5)


@pytest.mark.slow
def test_predictions_equal_the_run_s_own(workspace, tmp_path):
    """Predicting a test example again gives what scores.csv says of it."""
    from sklearn.datasets import load_digits

    from tfapp.data import load_dataset
    from tfapp.recipes.config import DataConfig

    folder, result = workspace
    options = {"image_size": (8, 8), "channels": 1}
    dataset = load_dataset(
        DataConfig(kind="images", path="digits", options=options),
        seed=0,
        split_file=result.folder / "split.json",
    )
    with (result.folder / "scores.csv").open() as file:
        recorded = {
            row["name"]: float(row["confidence"]) for row in csv.DictReader(file)
        }
    example = dataset.examples["test"][0]
    path = tmp_path / "one.png"
    path.write_bytes(dataset.raw(example)["image_bytes"])
    (row,) = ask(result.saved_model, [str(path)], folder).rows
    assert row.top(1)[0][1] == pytest.approx(recorded[example.name], abs=1e-4)
    assert len(load_digits().images) == 1797


@pytest.mark.slow
def test_bad_file_stays_alone(workspace, photos):
    """One unreadable file among good ones gets an error in its own row."""
    folder, result = workspace
    found = ask(result.saved_model, [str(photos)], folder)
    assert [bool(row.error) for row in found.rows] == [True, False, False, False]
    assert "broken.png" in found.rows[0].path
    assert not found.good
    keras_rows = ask("digits", [str(photos)], folder).rows
    assert [bool(row.error) for row in keras_rows] == [True, False, False, False]


@pytest.mark.slow
def test_globs_and_csv(workspace, photos, tmp_path):
    """A pattern means its matches; the CSV holds a row and a column for each."""
    folder, result = workspace
    found = ask(result.saved_model, [str(photos / "digit*.png")], folder)
    write_csv(tmp_path / "out.csv", found)
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == [r.top(1)[0][0] for r in found.rows]
    assert "probabilities:3" in rows[0]


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    """Names of files and classes that a spreadsheet would compute are texts."""
    row = PredictionRow("=1+1.png", columns={"label": "@a", "p": {"-b": -0.5, "c": 1}})
    write_csv(tmp_path / "x.csv", Predictions((row,)))
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines == ["path,label,error,p:-b,p:c", "'=1+1.png,'@a,,-0.5,1"]


def test_mistakes(workspace, tmp_path):
    """No such input, an empty folder, no such model: one clear line each."""
    folder, result = workspace
    with pytest.raises(DataError, match=r"'none\.jpg' does not exist"):
        ask(result.saved_model, ["none.jpg"], folder)
    with pytest.raises(DataError, match="holds no files"):
        ask(result.saved_model, [str(tmp_path)], folder)
    picture = str(next(iter(result.folder.glob("*.html"))))
    with pytest.raises(ModelError, match="No model 'nothing'.*saved_models/NAME"):
        ask("nothing", [picture], folder)
    lonely = tmp_path / "model.keras"
    lonely.write_bytes((result.folder / "model.keras").read_bytes())
    with pytest.raises(TfappError, match=r"no tfapp\.json"):
        ask(lonely, [picture], folder)


def test_an_answer_that_is_a_file_never_replaces_its_input(tmp_path):
    """Of several files of one answer, each gets its own name."""
    from tfapp.export.spec import Prediction
    from tfapp.verbs.predict import _write_files

    (tmp_path / "a.txt").write_text("input")
    prediction = Prediction("", {}, {"note.txt": b"1", "map.csv": b"2"})
    target = tmp_path / "out" / "a.png"
    written = _write_files(prediction, tmp_path / "a.txt", target)
    assert written == {
        "note": str(tmp_path / "out" / "a.txt"),
        "map": str(tmp_path / "out" / "a_map.csv"),
    }
    with pytest.raises(DataError, match="The note of .* would replace it"):
        _write_files(prediction, tmp_path / "a.txt", tmp_path / "a.png")
    assert (tmp_path / "a.txt").read_text() == "input"


def test_a_file_may_hold_several_rows(tmp_path, monkeypatch):
    """Each row has its own line and its own files; an unreadable file has one line."""
    from types import SimpleNamespace

    from tfapp.export.spec import Prediction
    from tfapp.verbs import predict as verb

    def read(path, said):
        assert said == {"by": "day"}
        if path.name == "bad.txt":
            raise DataError("bad.txt is empty.")
        if path.name == "e.txt":
            raise ConfigError("e.txt needs a package.")
        return [{"word": word} for word in path.read_text().split()]

    def prediction(row):
        word = row["word"]
        return Prediction(word, {"length": len(word)}, {"copy.txt": word.encode()})

    words = SimpleNamespace(
        rows=read,
        fields=dict,
        answers=lambda rows: [r if len(r["word"]) < 4 else "too long" for r in rows],
        interface=SimpleNamespace(suffixes=(".txt",), prediction=prediction),
    )
    loaded = SimpleNamespace(predictor=words)
    monkeypatch.setattr(verb, "load", lambda *_, **__: loaded)
    for name, text in {
        "a": "one two",
        "bad": "",
        "c": "three",
        "d": "six",
        "e": "",
    }.items():
        (tmp_path / f"{name}.txt").write_text(text)
    found = verb.predict(
        "m",
        [str(tmp_path)],
        fields={"by": "day"},
        out=tmp_path / "out",
        reporter=QUIET,
    )
    a, c, d, bad = (tmp_path / f"{name}.txt" for name in ("a", "c", "d", "bad"))
    assert [(row.path, row.error) for row in found.rows] == [
        (str(a), ""),
        (f"{a}#2", ""),
        (str(bad), "bad.txt is empty."),
        (str(c), "too long"),
        (str(d), ""),
        (str(tmp_path / "e.txt"), "e.txt needs a package."),
    ]
    assert (tmp_path / "out" / "a_2.txt").read_text() == "two"
    write_csv(tmp_path / "x.csv", found)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[0] == "path,length,copy,error"
    assert lines[4] == f"{c},,,too long"

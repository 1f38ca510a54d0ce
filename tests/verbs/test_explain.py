"""`explain` on a run, with good and bad inputs."""

import json
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import ConfigError, DataError, ModelError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.domains.images.explanation.explained import recorded, sheet_names
from tfapp.verbs.explain import explain
from tfapp.verbs.predict import predict

QUIET = Reporter(quiet=True)


@pytest.fixture(scope="module")
def copied(workspace, tmp_path_factory):
    """A run of one's own, with its neighbours, to write sheets into."""
    _, result = workspace
    folder = tmp_path_factory.mktemp("runs") / "digits" / "1"
    shutil.copytree(result.folder, folder)
    return folder


def ask(run, inputs, **options):
    """Explain without progress."""
    return explain(str(run), [str(path) for path in inputs], reporter=QUIET, **options)


@pytest.mark.slow
def test_everything_about_a_folder(copied, photos):
    """Every picture gets a sheet, facts and maps as arrays; bad files stay alone."""
    found = ask(copied, [photos], label="second")
    assert found.folder == copied / "explanations"
    assert [row.sheet is None for row in found.rows] == [True, False, False, False]
    assert "decoded" in found.rows[0].prediction.error
    with pytest.raises(DataError, match=r"1 of 4 inputs .*broken\.png"):
        found.require_good()
    assert list(found.kinds) == ["gradcam", "occlusion", "neighbours"]
    assert found.kinds["gradcam"] == {"layer": "block2_conv", "grid": [4, 4]}
    told = json.loads((found.folder / "explanations.json").read_text())
    assert told == found.to_json()
    row = told["pictures"][1]
    assert row["sheet"] == "digit0.png"
    assert len(row["neighbours"]) == 5
    assert [fact["class"] for fact in row["occlusion"]] == list(row["top"])[:2]
    heats = found.rows[1].findings["gradcam"].heats
    assert [heat.values.shape for heat in heats] == [(4, 4), (4, 4)]
    with Image.open(found.folder / row["sheet"]) as sheet:
        assert sheet.width > 1000


@pytest.mark.slow
def test_predictions_are_those_of_predict(copied, photos):
    """The probabilities on a sheet are calibrated, as everywhere."""
    picture = photos / "digit1.png"
    (row,) = ask(copied, [picture], methods=["gradcam"]).rows
    (expected,) = predict(str(copied), [str(picture)], reporter=QUIET).rows
    shares = row.prediction.probabilities
    assert shares == pytest.approx(expected.columns["probabilities"], abs=1e-5)
    assert list(row.findings) == ["gradcam"]


@pytest.mark.slow
def test_labels(copied, photos, tmp_path):
    """A class by name and by folder; the predicted one is not drawn twice."""
    named = tmp_path / "7" / "x.png"
    named.parent.mkdir()
    shutil.copy(photos / "digit0.png", named)
    for label in ("7", "folder"):
        (row,) = ask(copied, [named], methods=["gradcam"], label=label).rows
        classes = [fact["class"] for fact in row.findings["gradcam"].facts]
        assert classes[-1] == "7"
    predicted = row.prediction.top(1)[0][0]
    (row,) = ask(copied, [named], methods=["gradcam"], label=predicted).rows
    assert len(row.findings["gradcam"].facts) == 1


def test_mistakes_are_told_before_anything_is_loaded(copied, photos, tmp_path):
    """Run, method, class, input and place: one line each."""
    digit = photos / "digit0.png"
    empty = tmp_path / "empty"
    empty.mkdir()
    file = tmp_path / "file"
    file.touch()
    cases = [
        (["nothing", [digit]], {}, "No run 'nothing'"),
        ([copied, [digit]], {"methods": ["gradcm"]}, "Did you mean 'gradcam'"),
        ([copied, [digit]], {"label": "eight"}, "Unknown class 'eight'"),
        ([copied, [digit]], {"label": "folder"}, "not named after a class"),
        ([copied, [empty]], {}, "holds no files"),
        ([copied, [tmp_path / "no.png"]], {}, "does not exist"),
        ([copied, [digit]], {"out": file / "x"}, "is a file, not a folder"),
    ]
    for arguments, options, message in cases:
        with pytest.raises(TfappError, match=message):
            ask(*arguments, runs_folder=tmp_path, **options)


def test_a_run_without_its_model(copied, photos, tmp_path):
    """One line, whether the run is unfinished or its model was taken away."""
    (tmp_path / "r" / "1").mkdir(parents=True)
    with pytest.raises(ConfigError, match="did not finish"):
        ask(tmp_path / "r" / "1", [photos])
    shutil.copytree(copied, tmp_path / "s" / "1")
    (tmp_path / "s" / "1" / "model.keras").unlink()
    with pytest.raises(ModelError, match="s/1 has no model.keras"):
        ask(tmp_path / "s" / "1", [photos])


@pytest.mark.slow
def test_files_that_are_no_fit_images(copied, tmp_path):
    """Text and too many pixels are told apart in their rows."""
    Image.new("1", (20_000, 6_000)).save(tmp_path / "b.png")
    (tmp_path / "c.jpg").write_text("text")
    paths = [tmp_path / name for name in ("b.png", "c.jpg")]
    rows = ask(copied, paths, methods=["gradcam"], out=tmp_path / "out").rows
    errors = [row.prediction.error for row in rows]
    assert "20000 x 6000 pixels exceed the limit" in errors[0]
    assert "Expected a JPEG" in errors[1]
    assert not list((tmp_path / "out").glob("*.png"))


@pytest.fixture
def dense(copied, tmp_path):
    """A run whose network has no convolution, and whose data is gone."""
    folder = tmp_path / "dense" / "1"
    shutil.copytree(copied, folder)
    image = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(image)
    model = keras.Model(image, keras.layers.Dense(10)(x), name="dense")
    model.save(folder / "model.keras")
    recipe = folder / "recipe.toml"
    text = recipe.read_text().replace('path = "digits"', 'path = "/gone"')
    recipe.write_text(text)
    (folder / "checksums.json").unlink()  # else the changes are damage
    return folder


@pytest.mark.slow
def test_what_cannot_be_explained_is_left_out_with_a_line(dense, photos):
    """Occlusion needs neither maps nor data; what was named must work."""
    found = ask(dense, [photos / "digit0.png"])
    assert list(found.kinds) == ["occlusion"]
    assert "gradcam left out: Model 'dense' has no convolutional" in found.notes[0]
    assert "neighbours left out: " in found.notes[1]
    assert "/gone" in found.notes[1]
    assert found.to_json()["notes"] == list(found.notes)
    with pytest.raises(ModelError, match="no convolutional feature map"):
        ask(dense, [photos / "digit0.png"], methods=["gradcam"])
    with pytest.raises(DataError, match="/gone"):
        ask(dense, [photos / "digit0.png"], methods=["neighbours"])


@pytest.mark.slow
def test_sheets_never_overwrite_another_picture_s(copied, photos, tmp_path):
    """One name from two folders makes two sheets; the same picture keeps its own."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(photos / "digit0.png", tmp_path / name / "p.png")
    first, second = tmp_path / "a" / "p.png", tmp_path / "b" / "p.png"
    out = tmp_path / "out"
    for _ in range(2):
        ask(copied, [first], methods=["gradcam"], out=out)
    found = ask(copied, [second, first], methods=["gradcam"], out=out)
    assert [row.sheet.name for row in found.rows] == ["b_p.png", "p.png"]
    assert {row["path"] for row in recorded(out)} == {str(first), str(second)}
    (out / "p.png").unlink()
    assert [row["sheet"] for row in recorded(out)] == ["b_p.png"]
    third = [tmp_path / "b" / "p.png", tmp_path / "b" / "p.jpg", tmp_path / "b/p.gif"]
    names = [path.name for path in sheet_names(out, third)]
    assert names == ["b_p.png", "p.png", "b_p_2.png"]
    (out / "explanations.json").write_text("[1]")
    assert recorded(out) == []


@pytest.mark.slow
def test_more_pictures_than_fit_a_batch(copied, photos, monkeypatch):
    """Batches change nothing in what is found."""
    inputs = [photos / f"digit{i}.png" for i in range(3)]
    whole = ask(copied, inputs, methods=["gradcam"])
    monkeypatch.setattr("tfapp.domains.images.explanation.explaining.BATCH_SIZE", 2)
    parts = ask(copied, inputs, methods=["gradcam"])
    for one, other in zip(whole.rows, parts.rows, strict=True):
        first, second = (
            row.findings["gradcam"].heats[0].values for row in (one, other)
        )
        np.testing.assert_allclose(first, second, atol=1e-5)

"""From photos and sightings to an exported model that shows both numbers."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.images.classification.species.conftest import SIDE
from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.runs.models import load
from tfapp.verbs.evaluate import evaluate
from tfapp.verbs.predict import predict
from tfapp.verbs.run import run
from tfapp.verbs.runs.loading import load as open_model

pytestmark = pytest.mark.nightly
QUIET = Reporter(quiet=True)


@pytest.fixture(scope="module")
def place(species_folder, tmp_path_factory):
    """The folder of a run of features that nobody trained."""
    folder = tmp_path_factory.mktemp("run")
    patch = pytest.MonkeyPatch()
    patch.setenv("TFAPP_CACHE", str(folder / "cache"))
    options = {"image_size": [SIDE, SIDE]}
    options |= {n: str(species_folder / f"{n}.csv") for n in ("places", "sightings")}
    table = {
        "name": "birds",
        "task": "species_classification",
        "task_options": {"keep": 0.9},
        "data": {
            "path": str(species_folder / "photos"),
            "batch_size": 16,
            "options": options,
        },
        "model": {
            "name": "transfer",
            "options": {"extractor": "vgg_small", "weights": "none", "l2": 1.0},
        },
        "fine_tune": {"head": {"epochs": 1, "learning_rate": 1e-4}},
        "runtime": {"precision": "float32", "watch": "off"},
        "export": {"explain": False},
    }
    result = run(
        recipes.build(table, where="test"),
        runs_folder=folder / "runs",
        saved_models=folder / "saved_models",
        reporter=QUIET,
    )
    yield result
    patch.undo()


def test_place_and_date_help_and_both_numbers_are_there(place):
    """Figures of the photo alone next to those with place and date; the page too."""
    figures = json.loads((place.folder / "metrics.json").read_text())
    assert figures["prior"]["strength"] > 0
    assert figures["accuracy"] > figures["photo_alone"]["accuracy"] + 0.2
    assert figures["log_loss"] < figures["photo_alone"]["log_loss"]
    assert figures["log_loss_gain_interval"][0] > 0
    assert figures["familiarity"]["keep"] == 0.9
    assert figures["label_audit"]["examples"] == 90
    assert "the photo alone" in {b["name"] for b in figures["baselines"]}
    page = (place.folder / "report.html").read_text()
    for title in ("Place and date", "None of these", "Labels to check"):
        assert f">{title}<" in page


def test_the_export_takes_place_and_date(place, species_folder):
    """With both, with NaN, with the photo alone; out of range is an error."""
    model = tf.saved_model.load(str(place.saved_model))
    file = next((species_folder / "photos" / "test" / "bee").iterdir())
    photo = tf.constant([file.read_bytes()] * 2)
    answer = model.signatures["serving_default"](
        image_bytes=photo,
        latitude=tf.constant([50.0, math.nan]),
        longitude=tf.constant([16.0, math.nan]),
        day_of_year=tf.constant([120.0, math.nan]),
    )
    names = [name.decode() for name in answer["classes"].numpy()[0]]
    alone, both = answer["photo_probabilities"].numpy(), answer["probabilities"].numpy()
    bee = names.index("bee")
    assert both[0, bee] > alone[0, bee]
    np.testing.assert_array_equal(both[1], alone[1])
    assert answer["place_used"].numpy().tolist() == [True, False]
    remark, other = (text.decode() for text in answer["remark"].numpy())
    assert "by photo, place and date; " in remark
    assert "by photo, place" not in other
    assert "by the photo alone." in other
    single = model.signatures["photo"](image_bytes=photo[:1])
    np.testing.assert_allclose(single["probabilities"], alone[:1], atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="latitude must be from"):
        model.signatures["serving_default"](
            image_bytes=photo[:1],
            latitude=tf.constant([95.0]),
            longitude=tf.constant([0.0]),
            day_of_year=tf.constant([1.0]),
        )


def test_predict_takes_what_is_said_and_tables(place, species_folder, tmp_path):
    """--with, a CSV file, nothing at all; a mistake is one line before any work."""
    file = str(next((species_folder / "photos" / "test" / "cow").iterdir()))
    model = str(place.saved_model)
    said = {"latitude": "58", "longitude": "12", "date": "28.08.2026"}
    (row,) = predict(model, [file], fields=said, reporter=QUIET).rows
    assert row.columns["place_used"]
    assert "photo alone: " in row.text
    (plain,) = predict(model, [file], reporter=QUIET).rows
    assert not plain.columns["place_used"]
    assert plain.text.endswith("(photo alone)")
    assert plain.columns["photo_probabilities"] == plain.columns["probabilities"]
    table = tmp_path / "new.csv"
    table.write_text(
        f"path,latitude,longitude,date\n{file},58,12,2026-08-28\n{file},,,"
    )
    first, second = predict(model, [str(table)], reporter=QUIET).rows
    assert first.text == row.text
    expected = pytest.approx(row.columns["probabilities"], abs=1e-5)
    assert first.columns["probabilities"] == expected
    assert not second.columns["place_used"]
    with pytest.raises(ConfigError, match="takes no 'lat'"):
        predict(model, [file], fields={"lat": "1"}, reporter=QUIET)
    table.write_text("path,latitude,longitude,date\na.jpg,99,12,2026-08-28\n")
    (bad,) = predict(model, [str(table)], reporter=QUIET).rows
    assert "line 2: `latitude` is '99'" in bad.error


def test_other_forms_of_the_model_answer_alike(place, species_folder):
    """The Keras model with its card, and the SavedModel; in memory too."""
    file = next((species_folder / "photos" / "test" / "ant").iterdir())
    said = {"latitude": 50.0, "longitude": 8.0, "day_of_year": 120.0}
    raw = {"image_bytes": file.read_bytes(), **said}
    answers = [
        load(str(form), place.folder.parent).answers([raw])[0]
        for form in (place.saved_model, place.folder / "model.keras")
    ]
    for name in ("probabilities", "photo_probabilities", "familiarity"):
        np.testing.assert_allclose(answers[0][name], answers[1][name], atol=1e-5)
    opened = open_model(place.saved_model, reporter=QUIET)
    in_memory = opened(file.read_bytes())
    assert not in_memory.columns["place_used"]
    mapped = opened({"image_bytes": file.read_bytes(), "day_of_year": 120.0})
    assert mapped.columns["place_used"]


def test_evaluated_again_it_has_the_same_figures(place):
    """The prior and the familiarity come with the model."""
    again = evaluate(
        "birds", runs_folder=place.folder.parents[1], reporter=QUIET
    ).figures
    figures = json.loads((place.folder / "metrics.json").read_text())
    for name in ("accuracy", "log_loss", "log_loss_gain"):
        assert again[name] == pytest.approx(figures[name], abs=1e-5)
    assert again["familiarity"]["kept"] == pytest.approx(figures["familiarity"]["kept"])
    assert again["prior"]["strength"] == figures["prior"]["strength"]

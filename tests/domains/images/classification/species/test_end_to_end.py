"""Judged, and asked as the exported model is asked, without a training."""

import math

import keras
import numpy as np
import pytest

from tests.domains.images.classification.species.tables import RANGES
from tfapp.data import load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images.classification.species.interface import INTERFACE
from tfapp.domains.images.classification.species.task import task
from tfapp.export.predictor import model_predictor
from tfapp.export.spec import Exported
from tfapp.recipes.config import DataConfig
from tfapp.training.inference import answers, features_at

pytestmark = pytest.mark.slow
SIDE = 8


@pytest.fixture(scope="module")
def judged(species_folder, tmp_path_factory):
    """Results of a network of random weights, the network, and its data."""
    options = {"image_size": [SIDE, SIDE]}
    options |= {n: str(species_folder / f"{n}.csv") for n in ("places", "sightings")}
    config = DataConfig(
        path=str(species_folder / "photos"), kind="species_photos", options=options
    )
    cache = tmp_path_factory.mktemp("cache")
    dataset = load_dataset(config, seed=0, cache_dir=cache)
    keras.utils.set_random_seed(0)
    pixels, vector = keras.Input((SIDE, SIDE, 3), name="image"), keras.Input((6,))
    features = keras.layers.Dense(6)(keras.layers.Flatten()(pixels / 255.0))
    extractor = keras.Model(pixels, features, name="extractor")
    head = keras.Model(vector, keras.layers.Dense(3)(vector), name="head")
    model = keras.Model(pixels, head(extractor(pixels)))
    results = task(keep=0.9).judge(
        lambda split: answers(model, dataset, split),
        dataset,
        None,
        inside=lambda split, places: features_at(model, dataset, split, places),
    )
    return results, model, dataset


def test_place_and_date_tell_what_the_photo_does_not(judged):
    """A network that guesses is right by sightings; the loss never rises."""
    figures = judged[0].figures
    assert figures["prior"]["strength"] > 0
    assert figures["photo_alone"]["accuracy"] < 0.6
    assert figures["accuracy"] > 0.8
    assert figures["log_loss_gain_interval"][0] > 0
    assert figures["familiarity"]["kept"] == pytest.approx(0.9, abs=0.12)
    assert figures["label_audit"]["examples"] == 90
    sections = task(keep=0.9).sections(judged[0], judged[2], judged[1])
    titles = [section.title for section in sections]
    for title in ("Place and date", "None of these", "Labels to check"):
        assert title in titles


def test_the_graph_answers_as_it_was_judged(judged):
    """Every test photo gets the probabilities that the figures are made of."""
    results, model, dataset = judged
    exported = Exported(model, dataset.preprocessor, dataset.info, results.calibration)
    predictor = model_predictor(exported, INTERFACE)
    examples = dataset.examples["test"]
    rows = predictor.answers([dataset.raw(example) for example in examples])
    both = np.array([row["probabilities"] for row in rows])
    alone = np.array([row["photo_probabilities"] for row in rows])
    np.testing.assert_allclose(both, results.evidence.probabilities, atol=1e-4)
    np.testing.assert_allclose(alone, results.evidence.alone, atol=1e-4)
    assert all(row["place_used"] for row in rows)
    kept = np.mean([not row["rejected"] for row in rows])
    assert kept == pytest.approx(results.figures["familiarity"]["kept"])
    raw = {**dataset.raw(examples[0]), "latitude": 95.0}
    (fault,) = predictor.answers([raw])
    assert "latitude must be from -90 to 90" in fault
    raw |= {"latitude": math.nan, "longitude": math.nan, "day_of_year": math.nan}
    (nowhere,) = predictor.answers([raw])
    np.testing.assert_allclose(nowhere["probabilities"], alone[0], atol=1e-6)
    text = INTERFACE.prediction(nowhere).text
    assert text.endswith("(photo alone)")
    assert "photo alone: " in INTERFACE.prediction(rows[0]).text
    assert len(RANGES) == len(rows[0]["classes"])
    assert next(iter(dataset.batches(examples, Pass())))[0].shape[1:] == (SIDE, SIDE, 3)


def test_without_a_prior_the_photo_alone_answers(judged):
    """Given calibrations of a model without sightings: same figures for both."""
    results, model, dataset = judged
    outputs = {"test": answers(model, dataset, "test")}
    plain = task().judge(outputs.__getitem__, dataset, {"temperature": 1.0})
    assert plain.figures["prior"]["strength"] == 0
    assert plain.figures["accuracy"] == results.figures["photo_alone"]["accuracy"]
    assert "familiarity" not in plain.figures

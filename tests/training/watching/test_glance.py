"""Validation examples and the answers of the moment, whatever a phase takes."""

import numpy as np
import pytest

from tests.training.conftest import make_dataset, make_model
from tfapp.data.spec import Pass
from tfapp.domains.images.classification.task import task
from tfapp.training.watching import glance as module
from tfapp.training.watching.glance import PhaseGlance, views_of


@pytest.fixture(scope="module")
def parts():
    """A network, its data, and what its extractor gives for the validation split."""
    model, dataset = make_model(), make_dataset()
    validation = dataset.batches(dataset.examples["validation"], Pass())
    extractor, head = model.get_layer("extractor"), model.get_layer("head")
    rows = validation.map(lambda images, labels: (extractor(images), labels))
    return model, head, dataset, rows


@pytest.mark.parametrize("stored", [False, True])
def test_answers_to_some_are_those_to_all(parts, stored):
    """Computed alone, taken from those to all, or by stored rows."""
    model, head, dataset, rows = parts
    glance = PhaseGlance(
        model, head if stored else model, dataset, (lambda: rows) if stored else None
    )
    some = glance.some(5)
    assert [e.name for e in some] == [f"validation/{i}" for i in (0, 3, 6, 8, 11)]
    alone = np.stack(list(glance.answers(some)))
    whole = np.stack(list(glance.answers(glance.examples)))
    np.testing.assert_allclose(alone, whole[[0, 3, 6, 8, 11]], atol=1e-5)
    np.testing.assert_array_equal(glance.answers(some), whole[[0, 3, 6, 8, 11]])
    images = dataset.inputs["image"].values
    expected = model.predict(images[24:36], verbose=0)
    np.testing.assert_allclose(whole, expected, atol=1e-5)


def test_views_show_the_weights_of_the_moment(parts, monkeypatch):
    """Answers are computed anew for each round; thumbnails are read for a while."""
    model, head, dataset, rows = parts
    glance = PhaseGlance(model, head, dataset, lambda: rows)
    views = views_of(glance, task())
    by_name = {view.name: view for view in views()}
    assert by_name["features"].share == 1.0
    before = by_name["curves"].draw()["precision and recall/dark"]
    bias = head.weights[-1]
    bias.assign([3.0, 0.0])
    again = {view.name: view for view in views()}
    after = again["curves"].draw()["precision and recall/dark"]
    bias.assign([0.0, 0.0])
    assert np.abs(before.scores - after.scores).max() > 1e-3
    np.testing.assert_array_equal(before.right, after.right)
    monkeypatch.setattr(module, "READING_SECONDS", -1.0)
    points = again["features"].draw()["features"]
    assert points.vectors.shape == (12, 4)
    assert set(points.labels) == {"bright", "dark"}
    assert points.thumbnails == ()
    monkeypatch.setattr(module, "READING_SECONDS", 60.0)
    assert len(again["features"].draw()["features"].thumbnails) == 12


def test_long_vectors_are_turned_and_cut():
    """Distances stay nearly what they were."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(30, 6)) @ random.normal(size=(6, 300))
    short = module._shortened(vectors)
    assert short.shape[1] <= module.MOST_DIMS

    def distances(rows):
        return np.linalg.norm(rows[:, None] - rows[None], axis=-1)

    np.testing.assert_allclose(distances(short), distances(vectors), atol=1e-6)

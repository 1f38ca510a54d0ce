"""Neighbours in feature space."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import make_dataset, make_model
from tfapp.base.reporter import Reporter
from tfapp.data.spec import Pass
from tfapp.domains.images.explanation.neighbours import nearest, neighbours
from tfapp.domains.images.explanation.spec import Picture, Subject
from tfapp.training.transfer.features import FeatureStore


def test_nearest_is_the_brute_force_answer(monkeypatch):
    """Cosine distances, smallest first, in pieces smaller than the data."""
    monkeypatch.setattr("tfapp.domains.images.explanation.neighbours.CHUNK_ROWS", 7)
    random = np.random.default_rng(0)
    rows, queries = random.normal(size=(50, 6)), random.normal(size=(3, 6))
    order, distances = nearest(queries, rows, 5)
    for query, found, distance in zip(queries, order, distances, strict=True):
        cosine = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
        np.testing.assert_array_equal(found, np.argsort(1 - cosine)[:5])
        np.testing.assert_allclose(distance, np.sort(1 - cosine)[:5], atol=1e-9)


def test_odd_rows():
    """Maps count as vectors, zeros are far from all, few rows give few neighbours."""
    rows = np.zeros((3, 2, 2), "float32")
    rows[1] = [[1, 0], [0, 1]]
    rows[2] = -rows[1]
    order, distances = nearest(2 * rows[1:2], rows, 5)
    assert order.tolist() == [[1, 0, 2]]
    np.testing.assert_allclose(distances, [[0, 1, 2]], atol=1e-6)
    assert np.isfinite(nearest(rows[:1], rows, 2)[1]).all()


@pytest.fixture
def subject(tmp_path):
    """A tiny model with an extractor, and the data it was trained on."""
    dataset = make_dataset()
    red = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 30, 30)).save(red, "PNG")
    dataset = replace(dataset, read=lambda example: {"image_bytes": red.getvalue()})
    quiet = Reporter(quiet=True)
    names = dataset.info.labels
    return Subject(make_model(), names, lambda: dataset, tmp_path, quiet)


def test_a_training_picture_is_its_own_neighbour(subject):
    """Its distance is 0, its label and path are told, and its photo is shown."""
    dataset = subject.dataset()
    ((images, _), *_) = dataset.batches(
        dataset.examples["train"], Pass()
    ).as_numpy_iterator()
    explain = neighbours(subject)
    pictures = [Picture(x.astype(np.uint8), np.zeros(2), (0,)) for x in images]
    ticks = []
    findings = explain(pictures, ticks.append)
    assert sum(ticks) == len(pictures) == 4
    for finding, example in zip(findings, dataset.examples["train"], strict=False):
        paths = [fact["path"] for fact in finding.facts]
        assert example.name in paths
        assert finding.facts[paths.index(example.name)]["distance"] < 1e-5
        assert len(finding.photos) == 5
        assert finding.photos[0].caption.startswith(finding.facts[0]["label"])
        assert finding.photos[0].image.shape[2] == 3
        assert "nearest: " in finding.summary


def test_stored_features_are_read(subject, capsys):
    """What training has stored is not computed again."""
    dataset = subject.dataset()
    extractor = subject.model.get_layer("extractor")
    store = FeatureStore(extractor, dataset, subject.cache, lambda done, total: None)
    store.plain("train")
    neighbours(replace(subject, reporter=Reporter()))
    assert "0 computed, the rest from the cache" in capsys.readouterr().err

"""Real data sets: everything above at once, with known answers."""

from collections import Counter

import pytest

from tfapp.data import check_data, load_dataset
from tfapp.data.spec import Pass
from tfapp.recipes.config import DataConfig

pytestmark = pytest.mark.slow


def load(path, **keys):
    """Load with a size that keeps the test short."""
    keys = {"options": {"image_size": [64, 64]}} | keys
    return load_dataset(DataConfig(kind="images", path=str(path), **keys), seed=0)


def sizes(dataset):
    """Return the number of examples in each split."""
    return {split: len(examples) for split, examples in dataset.examples.items()}


def test_cats_dogs(shared_data):
    """4,000 photos, none bad, one false alarm between train and test."""
    dataset = load(shared_data / "cats_dogs")
    assert sizes(dataset) == {"train": 1700, "validation": 300, "test": 2000}
    assert dataset.info.labels == ("cats", "dogs")
    report = check_data(DataConfig(kind="images", path=str(shared_data / "cats_dogs")))
    assert report.bad_share == 0
    kinds = Counter(p.kind for p in report.problems)
    # Looked at: the two near-duplicates are real copies, the other is not.
    assert kinds == {"near-duplicate": 2, "near-duplicate across splits": 1}


def test_flowers(shared_data):
    """The folder "val" is validation; two copies with two labels are left out."""
    report = check_data(DataConfig(kind="images", path=str(shared_data / "flowers")))
    assert report.counts["files"] == 3670
    assert report.counts["usable"] == 3668
    conflicting = [
        p
        for p in report.problems
        if (p.kind, p.severity) == ("conflicting labels", "left out")
    ]
    assert {p.path.rpartition("/")[2] for p in conflicting} == {
        "15922772266_1167a06620.jpg"
    }
    assert len(report.near_duplicates) == 14
    dataset = load(shared_data / "flowers")
    assert sizes(dataset)["validation"] == 736


def test_blood_cells(shared_data):
    """Near-identical smears raise few alarms: a plain one is like its mirror image."""
    root = shared_data / "blood_cells_bccd"
    assert load(root).info.labels == ("Platelets", "RBC", "WBC")
    report = check_data(DataConfig(kind="images", path=str(root)))
    assert report.counts["files"] == report.usable == 1431
    assert len(report.near_duplicates) <= 50


def test_packed_samples_cannot_be_split(shared_data):
    """One image a class can be trained on only without validation."""
    path = shared_data / "imagenet_samples_224" / "samples250_jpeg.npz"
    dataset = load(path, split={"validation": 0})
    assert sizes(dataset) == {"train": 250, "validation": 0, "test": 0}
    assert dataset.info.labels[0] == "tench"


@pytest.mark.nightly
def test_mnist(shared_data):
    """The published sizes, as grey images."""
    dataset = load(
        shared_data / "mnist" / "mnist.npz",
        options={"image_size": [28, 28], "channels": 1},
        limit=10,
    )
    assert sizes(dataset) == {"train": 100, "validation": 9000, "test": 10000}
    images, labels = next(iter(dataset.batches(dataset.examples["test"], Pass())))
    assert labels.numpy().argmax(-1)[:5].tolist() == [7, 2, 1, 0, 4]
    assert images.shape == (32, 28, 28, 1)

"""Photographs that come with tfapp."""

from collections import Counter

import pytest

from tfapp.base.errors import UnknownNameError
from tfapp.data.detection import detect
from tfapp.domains.images.reading.sources.embedded import FOLDER, embedded

MOST_BYTES = 2_000_000


def test_blood_cells(tmp_path, context_for):
    """Twenty photos of each class to learn from, 278 to be tested on, and a licence."""
    source = embedded("embedded:blood_cells", context_for(tmp_path))
    counts = Counter((e.split, e.target) for e in source.examples)
    assert counts == {
        ("train", "Platelets"): 20,
        ("train", "RBC"): 20,
        ("train", "WBC"): 20,
        ("test", "Platelets"): 69,
        ("test", "RBC"): 138,
        ("test", "WBC"): 71,
    }
    assert "MIT License" in (FOLDER / "blood_cells" / "LICENSE").read_text()
    assert detect("embedded:blood_cells").task == "image_classification"


def test_no_smear_is_in_both_splits(tmp_path, context_for):
    """Cells of one photographed smear are either learned from or tested on."""
    source = embedded("embedded:blood_cells", context_for(tmp_path))
    smears = {"train": set(), "test": set()}
    for example in source.examples:
        smears[example.split].add(example.name.rpartition("/")[2].split("_")[1])
    assert not smears["train"] & smears["test"]


def test_data_that_comes_with_tfapp_is_small():
    """All embedded photographs together stay below two megabytes."""
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) <= MOST_BYTES


def test_unknown_names(tmp_path, context_for):
    """A misspelt name is one line with what there is."""
    with pytest.raises(UnknownNameError, match="Did you mean 'blood_cells'"):
        embedded("embedded:blood_cell", context_for(tmp_path))

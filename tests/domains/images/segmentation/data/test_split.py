"""How images with masks are divided, recorded, and limited."""

import json

import numpy as np
import pytest

from tfapp.base.errors import DataError
from tfapp.data import load_dataset
from tfapp.recipes.config import DataConfig

OPTIONS = {"tile_size": [16, 16], "channels": 1}


@pytest.fixture
def load(tmp_path):
    """Return a function: folder and keys of the recipe to the data set."""

    def call(root, split_file=None, options=None, **keys):
        options = OPTIONS | (options or {})
        config = DataConfig(path=str(root), kind="masks", options=options, **keys)
        return load_dataset(
            config, seed=0, split_file=split_file, cache_dir=tmp_path / "cache"
        )

    return call


def sizes(dataset):
    """Return the number of examples of train, validation and test."""
    return tuple(map(len, dataset.examples.values()))


def test_shares(make_scenes, load):
    """Images are divided by the shares, whatever their masks."""
    found = load(make_scenes({"": 20}), split={"test": 0.2, "validation": 0.25})
    assert sizes(found) == (12, 4, 4)


def test_given_splits_stay(make_scenes, load):
    """test/ stays the test; validation is carved out of train."""
    found = load(make_scenes({"train": 10, "test": 3}))
    assert sizes(found) == (8, 2, 3)


def test_the_limit_counts_images(make_scenes, load):
    """A smaller limit keeps a part of what a larger one keeps."""
    root = make_scenes({"": 20})
    small, large = (load(root, limit=n) for n in (3, 6))
    assert sizes(small)[0] == 3
    kept = {e.name for e in small.examples["train"]}
    assert kept < {e.name for e in large.examples["train"]}
    assert small.examples["test"] == large.examples["test"]


def test_a_recorded_split_notices_changed_masks(make_scenes, load, tmp_path, encode):
    """The split file holds a hash of each mask; a new mask is an error."""
    root, path = make_scenes({"": 8}), tmp_path / "split.json"
    first = load(root, path)
    again = load(root, path)
    assert again.examples == first.examples
    assert again.info.fingerprint == first.info.fingerprint
    rows = json.loads(path.read_text())["examples"]
    assert {len(row["target"]) for row in rows} == {16}
    changed = np.zeros((40, 48), np.uint8)
    changed[:9] = 255
    (root / "masks" / "3.png").write_bytes(encode(changed))
    with pytest.raises(DataError, match=r"images/3\.png was .* and is now"):
        load(root, path)


def test_too_few_images(make_scenes, load):
    """Two images cannot fill three splits; the way out is told."""
    root = make_scenes({"": 2})
    with pytest.raises(DataError, match="2 different images with masks are too few"):
        load(root)
    assert sizes(load(root, split={"validation": 0.0, "test": 0.5})) == (1, 0, 1)

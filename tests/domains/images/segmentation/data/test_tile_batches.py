"""Batches of tiles: what training, validation and the test receive."""

import numpy as np
import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.data import load_dataset
from tfapp.domains.images.segmentation.data.border_weights import border_weights
from tfapp.recipes.config import DataConfig
from tfapp.runs.failures import reading

OPTIONS = {"tile_size": [24, 24], "margin": 2, "channels": 1}
TRAINING = {"shuffle": True, "augment": True, "seed": 5}


@pytest.fixture
def load(tmp_path, make_scenes):
    """Return a function: options and keys to a data set of ten scenes."""
    root = make_scenes({"": 10})

    def call(options=None, **keys):
        options = OPTIONS | (options or {})
        keys = {"batch_size": 4, "split": {"test": 0.2, "validation": 0.2}} | keys
        config = DataConfig(path=str(root), kind="masks", options=options, **keys)
        return load_dataset(config, seed=0, cache_dir=tmp_path / "cache")

    return call


def arrays(batches):
    """Return the parts of all batches, put together."""
    return [
        np.concatenate(part) for part in zip(*batches.as_numpy_iterator(), strict=True)
    ]


def test_a_training_pass(load):
    """`crops` tiles of each image; inputs in [0, 255], answers one-hot."""
    dataset = load({"crops": 3, "elastic": 2.0}, augmentation={"flip": "both"})
    batches = dataset.batches("train", **TRAINING)
    train = dataset.examples["train"]
    assert dataset.num_inputs(train, True) == 3 * len(train) == 18
    assert int(batches.cardinality()) == 5
    tiles, answers = arrays(batches)
    assert tiles.shape == (18, 24, 24, 1)
    assert tiles.dtype == answers.dtype == np.float32
    assert (tiles.min(), tiles.max()) > (0, 150)
    assert answers.shape == (18, 20, 20, 2)
    np.testing.assert_array_equal(answers.sum(axis=-1), 1.0)


def test_tiles_and_answers_belong_together(load):
    """Bright discs are the foreground, wherever the tile was moved to."""
    dataset = load({"elastic": 2.0}, augmentation={"rotate": 0.5, "flip": "both"})
    tiles, answers = arrays(dataset.batches("train", **TRAINING))
    inside = answers[..., 1].astype(bool)
    middles = tiles[:, 2:-2, 2:-2, 0]
    assert middles[inside].mean() > middles[~inside].mean() + 80


def test_passes_are_functions_of_the_epoch(load):
    """The same epoch gives the same tiles, from any batch on; another does not."""
    dataset = load(
        {"crops": 2, "elastic": 2.0},
        augmentation={"rotate": 0.1, "contrast": 0.2, "brightness": 0.2},
    )
    whole = list(dataset.batches("train", **TRAINING, epoch=2).as_numpy_iterator())
    rest = list(
        dataset.batches("train", **TRAINING, epoch=2, skip=1).as_numpy_iterator()
    )
    for one, other in zip(whole[1:], rest, strict=True):
        for part, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, again)
    other, _ = arrays(dataset.batches("train", **TRAINING, epoch=3))
    assert np.abs(np.concatenate([b[0] for b in whole]) - other).max() > 10


@pytest.mark.parametrize("cache", ["memory", "none", "disk"])
def test_the_cache_changes_nothing(load, cache):
    """Kept or read anew, tiles are the same."""
    expected = arrays(load().batches("train", **TRAINING))
    dataset = load(cache=cache)
    for _ in range(2):
        found = arrays(dataset.batches("train", **TRAINING))
        np.testing.assert_array_equal(found[0], expected[0])
    assert any(note.startswith("cache: ") for note in dataset.notes)


def test_weights(load):
    """Weights come with training tiles alone, class weight and border added."""
    dataset = load({"border_weight": 10.0, "balance_classes": True})
    (_, answers, weights) = arrays(dataset.batches("train", **TRAINING))
    assert weights.shape == answers.shape[:-1]
    assert len(dataset.batches("validation").element_spec) == 2
    example = dataset.examples["train"][0]
    truth = dataset.truth(example)
    border = border_weights(truth)
    loaded = dataset.make_batches.loader.load(example).weights - border
    inside, outside = loaded[truth == 1], loaded[truth == 0]
    assert np.ptp(inside) == pytest.approx(0, abs=1e-5)
    assert np.ptp(outside) == pytest.approx(0, abs=1e-5)
    assert inside[0] > 1 > outside[0] > 0


def test_other_passes_cover_every_image(load):
    """All tiles in order; joined, their answers are the masks."""
    dataset = load(batch_size=5)
    held = dataset.examples["test"]
    batches = dataset.batches("test")
    assert int(batches.cardinality()) == -(-dataset.num_inputs(held, False) // 5)
    joined = list(dataset.join(held, (a for _, a in batches.as_numpy_iterator())))
    assert len(joined) == len(held) == 2
    for example, found in zip(held, joined, strict=True):
        np.testing.assert_array_equal(found.argmax(axis=-1), dataset.truth(example))


def test_skipping_in_order(load):
    """A pass in order can be taken up in the middle too."""
    dataset = load(batch_size=3)
    whole, _ = arrays(dataset.batches("validation"))
    rest, _ = arrays(dataset.batches("validation", skip=2))
    np.testing.assert_array_equal(rest, whole[6:])


def test_masks_have_no_labels(load):
    """Asking for one label per example is refused with the task to set."""
    with pytest.raises(ConfigError, match='Set task = "image_segmentation"'):
        load().labels("train")


@pytest.mark.parametrize("part", ["images", "masks"])
def test_a_file_that_vanishes(load, part, tmp_path):
    """One line names the file, whether image or mask."""
    dataset = load(cache="none")
    example = dataset.examples["train"][0]
    path = example.path if part == "images" else example.target
    (tmp_path / "cells" / part / path.rpartition("/")[2]).unlink()
    with pytest.raises(DataError, match=f"Cannot read .*{part}"), reading(dataset):
        arrays(dataset.batches("train", **TRAINING))


def test_an_image_damaged_after_the_scan(load, tmp_path):
    """What can no longer be decoded is named."""
    dataset = load(cache="none")
    path = dataset.examples["train"][0].path
    with open(path, "r+b") as file:
        file.truncate(60)
    with pytest.raises(DataError, match="can no longer be read"), reading(dataset):
        arrays(dataset.batches("train", **TRAINING))

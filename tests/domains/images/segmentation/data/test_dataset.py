"""Batches of tiles: what training, validation and the test receive."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data import load_dataset
from tfapp.data.spec import Pass
from tfapp.domains.images.segmentation.data.border_weights import border_weights
from tfapp.recipes.config import DataConfig
from tfapp.runs.failures import reading

OPTIONS = {"tile_size": [24, 24], "margin": 2, "channels": 1}
TRAINING = Pass(seed=5, shuffle=True, augment=True)


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


def passed(dataset, split, which=Pass()):  # noqa: B008 - never changed
    """Return one pass over a split."""
    return dataset.batches(dataset.examples[split], which)


def arrays(batches):
    """Return the parts of all batches, put together."""
    return [
        np.concatenate(part) for part in zip(*batches.as_numpy_iterator(), strict=True)
    ]


@pytest.mark.slow
def test_a_training_pass(load):
    """`crops` tiles of each image; inputs in [0, 255], answers one-hot."""
    dataset = load({"crops": 3, "elastic": 2.0}, augmentation={"flip": "both"})
    batches = passed(dataset, "train", TRAINING)
    train = dataset.examples["train"]
    assert dataset.count(train, True) == 3 * len(train) == 18
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
    tiles, answers = arrays(passed(dataset, "train", TRAINING))
    inside = answers[..., 1].astype(bool)
    middles = tiles[:, 2:-2, 2:-2, 0]
    assert middles[inside].mean() > middles[~inside].mean() + 80


def test_passes_are_functions_of_the_epoch(load):
    """The same epoch gives the same tiles, from any batch on; another does not."""
    dataset = load(
        {"crops": 2, "elastic": 2.0},
        augmentation={"rotate": 0.1, "contrast": 0.2, "brightness": 0.2},
    )
    whole = list(
        passed(dataset, "train", replace(TRAINING, epoch=2)).as_numpy_iterator()
    )
    rest = list(
        passed(dataset, "train", replace(TRAINING, epoch=2, skip=1)).as_numpy_iterator()
    )
    for one, other in zip(whole[1:], rest, strict=True):
        for part, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, again)
    other, _ = arrays(passed(dataset, "train", replace(TRAINING, epoch=3)))
    assert np.abs(np.concatenate([b[0] for b in whole]) - other).max() > 10


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["memory", "none", "disk"])
def test_the_cache_changes_nothing(load, cache):
    """Kept or read anew, tiles are the same."""
    expected = arrays(passed(load(), "train", TRAINING))
    dataset = load(cache=cache)
    for _ in range(2):
        found = arrays(passed(dataset, "train", TRAINING))
        np.testing.assert_array_equal(found[0], expected[0])
    assert any(note.startswith("cache: ") for note in dataset.notes)


def test_weights(load):
    """Weights come with training tiles alone, class weight and border added."""
    dataset = load({"border_weight": 10.0, "balance_classes": True})
    (_, answers, weights) = arrays(passed(dataset, "train", TRAINING))
    assert weights.shape == answers.shape[:-1]
    assert len(passed(dataset, "validation").element_spec) == 2
    example = dataset.examples["train"][0]
    truth = dataset.truth(example)
    border = border_weights(truth)
    loaded = dataset.loader.load(example).weights - border
    inside, outside = loaded[truth == 1], loaded[truth == 0]
    assert np.ptp(inside) == pytest.approx(0, abs=1e-5)
    assert np.ptp(outside) == pytest.approx(0, abs=1e-5)
    assert inside[0] > 1 > outside[0] > 0


def test_other_passes_cover_every_image(load):
    """All tiles in order; joined, their answers are the masks."""
    dataset = load(batch_size=5)
    held = dataset.examples["test"]
    batches = passed(dataset, "test")
    assert int(batches.cardinality()) == -(-dataset.count(held, False) // 5)
    joined = list(dataset.joined(held, (a for _, a in batches.as_numpy_iterator())))
    assert len(joined) == len(held) == 2
    for example, found in zip(held, joined, strict=True):
        np.testing.assert_array_equal(found.argmax(axis=-1), dataset.truth(example))


def test_skipping_in_order(load):
    """A pass in order can be taken up in the middle too."""
    dataset = load(batch_size=3)
    whole, _ = arrays(passed(dataset, "validation"))
    rest, _ = arrays(passed(dataset, "validation", Pass(skip=2)))
    np.testing.assert_array_equal(rest, whole[6:])


def test_preprocessing_gives_the_tiles_of_a_pass(load):
    """Encoded images come as the tiles that a pass in order has."""
    dataset = load()
    held = dataset.examples["test"]
    encoded = [dataset.raw(example)["image_bytes"] for example in held]
    tiles = dataset.preprocessor({"image_bytes": tf.constant(encoded)})
    expected, _ = arrays(passed(dataset, "test"))
    np.testing.assert_array_equal(tiles, expected)


@pytest.mark.parametrize("part", ["images", "masks"])
def test_a_file_that_vanishes(load, part, tmp_path):
    """One line names the file, whether image or mask."""
    dataset = load(cache="none")
    example = dataset.examples["train"][0]
    path = (
        example.name if part == "images" else dataset.loader.mask_of[example.name].name
    )
    (tmp_path / "cells" / part / path.rpartition("/")[2]).unlink()
    with pytest.raises(DataError, match=f"Cannot read .*{part}"), reading(dataset):
        arrays(passed(dataset, "train", TRAINING))


def test_an_image_damaged_after_the_scan(load, tmp_path):
    """What can no longer be decoded is named."""
    dataset = load(cache="none")
    path = dataset.examples["train"][0].name
    with open(path, "r+b") as file:
        file.truncate(60)
    with pytest.raises(DataError, match="can no longer be read"), reading(dataset):
        arrays(passed(dataset, "train", TRAINING))


def test_workers_draw_the_tiles_of_one_process(load):
    """Places and changes of a tile do not depend on who draws it."""
    dataset = load()
    which = Pass(1, 2, shuffle=True, augment=True)
    whole = arrays(passed(dataset, "train", which))
    shares = [
        arrays(passed(dataset, "train", replace(which, shard=(index, 2))))
        for index in (0, 1)
    ]
    size = dataset.batch_size
    assert size % 2 == 0
    images = [part[0] for part in (whole, *shares)]
    joined = np.concatenate([images[1][: size // 2], images[2][: size // 2]])
    np.testing.assert_array_equal(joined, images[0][:size])

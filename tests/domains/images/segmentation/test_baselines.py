"""Otsu's threshold and the largest class, on images that are understood."""

from types import SimpleNamespace

import numpy as np
import pytest

from tfapp.data.spec import Example
from tfapp.domains.images.segmentation.baselines import (
    SIDES,
    otsu_map,
    otsu_threshold,
    segmentation_baselines,
)
from tfapp.domains.images.segmentation.metrics import judge_image
from tfapp.domains.images.segmentation.results import segmentation_results
from tfapp.report.baselines import baseline_facts
from tfapp.tasks.spec import no_features

RNG = np.random.default_rng(0)


def scene(seed, bright=True):
    """Return an image of a bright (or dark) square on noise, and its mask."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((40, 50), np.uint8)
    top, left = rng.integers(0, 20, 2)
    truth[top : top + 15, left : left + 20] = 1
    level = np.where((truth == 1) == bright, 180, 60)
    return np.clip(level + rng.normal(0, 15, truth.shape), 0, 255).astype(
        "uint8"
    ), truth


def data(bright=True, train=3, count=2):
    """Return results of a perfect network on four test images, and their dataset."""
    names = [f"{i}.png" for i in range(train + 4)]
    scenes = {name: scene(i, bright) for i, name in enumerate(names)}
    examples = {
        "train": tuple(Example(name, "train") for name in names[:train]),
        "validation": (),
        "test": tuple(Example(name, "test") for name in names[train:]),
    }
    masks = SimpleNamespace(
        info=SimpleNamespace(num_outputs=count),
        examples=examples,
        truth=lambda e: scenes[e.name][1],
        loader=SimpleNamespace(
            load=lambda e: SimpleNamespace(image=scenes[e.name][0][..., None])
        ),
    )
    judged = [
        judge_image(9.0 * np.eye(count)[masks.truth(e)], masks.truth(e))
        for e in examples["test"]
    ]
    labels = [f"c{i}" for i in range(count)]
    results = segmentation_results(examples["test"], judged, labels, 1.0, None)
    return results, masks


def test_otsu_is_the_largest_variance_between_the_sides():
    """Against every threshold in turn, as the paper defines it."""
    grey = np.concatenate([RNG.normal(70, 20, 900), RNG.normal(160, 25, 400)])
    grey = np.clip(grey, 0, 255).astype(np.uint8).reshape(26, 50)

    def between(threshold):
        above = grey > threshold
        if above.all() or not above.any():
            return 0.0
        share = above.mean()
        return share * (1 - share) * (grey[above].mean() - grey[~above].mean()) ** 2

    assert otsu_threshold(grey) == max(range(256), key=between)
    assert otsu_map(np.full((4, 4), 7, np.uint8), "smaller").shape == (4, 4)


def test_sides_of_a_threshold():
    """Brighter and darker are complements; so are smaller and larger."""
    grey, truth = scene(0)
    maps = {side: otsu_map(grey, side) for side in SIDES}
    assert (maps["brighter"] == truth).mean() > 0.99
    np.testing.assert_array_equal(maps["smaller"], maps["brighter"])
    np.testing.assert_array_equal(maps["darker"], 1 - maps["brighter"])
    np.testing.assert_array_equal(maps["larger"], maps["darker"])


@pytest.mark.parametrize("bright", [True, False])
@pytest.mark.parametrize("train", [3, 0])
def test_baselines_of_two_classes(bright, train):
    """Dark objects are found as such; without training images the smaller side."""
    results, masks = data(bright, train)
    largest, otsu = segmentation_baselines(results, masks, no_features)
    truths = [masks.truth(e) for e in masks.examples["test"]]
    assert largest.value == pytest.approx(np.mean(truths))
    assert largest.others["iou"] == pytest.approx((1 - np.mean(truths)) / 2)
    assert otsu.value < 0.01
    assert otsu.others["iou"] > 0.97
    assert otsu.margin[0] <= -otsu.value <= otsu.margin[1]
    fact = baseline_facts(results.metric, (otsu,))[0]
    assert fact.detail.startswith("pixel error; 95 % interval ")
    assert "; IoU " in fact.detail


def test_more_classes_have_no_threshold():
    """The largest class alone is left."""
    results, masks = data(count=3)
    names = [b.name for b in segmentation_baselines(results, masks, no_features)]
    assert names == ["largest class"]

"""Figures of maps of classes, against counting by hand and other programs."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

from tfapp.domains.images.segmentation.data.reading import IGNORED
from tfapp.domains.images.segmentation.metrics import (
    judge_image,
    region_figures,
    segmentation_metrics,
)
from tfapp.domains.images.segmentation.objects import label_objects
from tfapp.domains.images.segmentation.rand_score import rand_f_score

NAMES = ("background", "cell")


def maps(seed=0, size=(12, 14), classes=2, wrong=0.2):
    """Return a random mask and a prediction with some mistakes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, size).astype(np.uint8)
    other = rng.integers(0, classes, size).astype(np.uint8)
    return truth, np.where(rng.random(size) < wrong, other, truth)


def as_logits(predicted, classes=2):
    """Return logits whose largest is that of the predicted class."""
    return 4.0 * np.eye(classes)[predicted]


def rand_by_pairs(truth, predicted):
    """Count all pairs of pixels inside true objects, each pixel with itself too."""
    true, _ = label_objects(truth)
    found, _ = label_objects(predicted)
    inside = true > 0
    pairs = list(zip(true[inside], found[inside], strict=True))
    together = both_true = both_found = 0.0
    for one, other in [*combinations(pairs, 2), *[(p, p) for p in pairs]]:
        times = 1 if one is other else 2
        alone = one[1] == 0 and one is not other
        same_found = one[1] == other[1] and not alone
        both_true += times * (one[0] == other[0])
        both_found += times * same_found
        together += times * (same_found and one[0] == other[0])
    precision, recall = together / both_found, together / both_true
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("seed", range(4))
def test_rand_f_score_by_counting_pairs(seed):
    """The score is the harmonic mean over all pairs of pixels."""
    truth, predicted = maps(seed)
    expected = rand_by_pairs(truth, predicted)
    assert rand_f_score(truth, predicted) == pytest.approx(expected)


def test_rand_f_score_of_simple_cases():
    """1 if all agree; a missed gap joins two cells and costs much more."""
    truth = np.ones((9, 9), np.uint8)
    truth[:, 4] = 0
    assert rand_f_score(truth, truth) == 1.0
    joined = truth.copy()
    joined[4, 4] = 1
    eroded = truth.copy()
    eroded[0, :3] = 0
    assert rand_f_score(truth, joined) == pytest.approx(2 / 3)
    assert rand_f_score(truth, eroded) > 0.95
    assert np.isnan(rand_f_score(np.zeros_like(truth), truth))


@pytest.mark.parametrize("classes", [2, 4])
def test_regions_agree_with_scikit_learn(classes):
    """IoU is the Jaccard index, Dice the F1 score of the pixels."""
    truth, predicted = maps(classes=classes)
    judged = judge_image(as_logits(predicted, classes), truth)
    figures = region_figures(judged.confusion)
    flat = truth.ravel(), predicted.ravel()
    np.testing.assert_allclose(figures["iou"], jaccard_score(*flat, average=None))
    np.testing.assert_allclose(figures["dice"], f1_score(*flat, average=None))
    assert judged.pixel_error == pytest.approx((truth != predicted).mean())
    np.testing.assert_array_equal(judged.predicted, predicted)


def test_a_class_that_is_nowhere_has_no_figure():
    """Neither 0 nor 1, and no warning; means leave it out."""
    truth = np.zeros((4, 4), np.uint8)
    judged = judge_image(as_logits(truth), truth)
    assert np.isnan(region_figures(judged.confusion)["iou"][1])
    metrics = segmentation_metrics([judged], NAMES)
    assert metrics["iou"] == 1.0
    assert metrics["per_class"]["cell"]["iou"] is None
    assert metrics["rand_f_score"] is None
    assert metrics["rand_f_score_best"] is None


def test_figures_of_a_set():
    """Regions are of all images together, Rand scores means; intervals around them."""
    judged = [judge_image(as_logits(p), t) for t, p in (maps(i) for i in range(8))]
    metrics = segmentation_metrics(judged, NAMES)
    truth = np.concatenate([j.truth.ravel() for j in judged])
    predicted = np.concatenate([j.predicted.ravel() for j in judged])
    expected = jaccard_score(truth, predicted, average=None)
    assert metrics["iou"] == pytest.approx(expected.mean())
    assert metrics["pixel_error"] == pytest.approx((truth != predicted).mean())
    assert metrics["rand_f_score"] == pytest.approx(np.mean([j.rand for j in judged]))
    for key in ("iou", "dice", "pixel_error", "rand_f_score"):
        low, high = metrics[f"{key}_interval"]
        assert low < metrics[key] < high
    assert metrics["per_class"]["cell"]["share"] == pytest.approx(truth.mean())
    assert np.sum(metrics["confusion_matrix"]) == metrics["pixels"] == truth.size


def test_intervals_cover_as_they_promise():
    """Of sets drawn from known errors about 95 % of the intervals hold the truth."""
    rng = np.random.default_rng(0)
    hits, trials = 0, 60
    for _ in range(trials):
        rates = rng.uniform(0.0, 0.4, 30)
        judged = []
        for rate in rates:
            truth = np.zeros((20, 20), np.uint8)
            wrong = (np.arange(400) < round(rate * 400)).reshape(20, 20)
            judged.append(judge_image(as_logits(wrong.astype(np.uint8)), truth))
        low, high = segmentation_metrics(judged, NAMES)["pixel_error_interval"]
        hits += low <= 0.2 <= high
    assert hits / trials >= 0.85


def test_one_image_has_no_interval():
    """What varies from image to image cannot be told from one."""
    truth, predicted = maps()
    metrics = segmentation_metrics([judge_image(as_logits(predicted), truth)], NAMES)
    assert metrics["iou_interval"] is None
    assert metrics["per_class"]["cell"]["iou_interval"] is None


def test_the_best_threshold_is_found():
    """Logits shifted by a constant are right at another threshold."""
    truth = np.ones((20, 20), np.uint8)
    truth[:, 9:11] = 0
    logits = np.zeros((20, 20, 2))
    logits[..., 1] = np.where(truth, 2.0, 0.9)
    metrics = segmentation_metrics([judge_image(logits, truth)], NAMES)
    assert metrics["rand_f_score"] < 0.9
    assert metrics["rand_f_score_best"] == 1.0
    assert metrics["rand_threshold"] == 0.8


@pytest.mark.parametrize("classes", [2, 3])
def test_ignored_pixels_count_in_no_figure(classes):
    """Whatever is answered there, all figures are those of the other pixels."""
    truth, predicted = maps(3, classes=classes)
    ignored = np.random.default_rng(4).random(truth.shape) < 0.3
    marked = np.where(ignored, IGNORED, truth).astype(np.uint8)
    judged = judge_image(as_logits(predicted, classes), marked)
    assert judged.confusion.sum() == (~ignored).sum()
    right = (truth == predicted)[~ignored]
    assert judged.pixel_error == pytest.approx(1 - right.mean())
    expected = jaccard_score(
        truth[~ignored], predicted[~ignored], average=None, labels=range(classes)
    )
    found = region_figures(judged.confusion)["iou"]
    np.testing.assert_allclose(found, expected)
    assert judged.rand == rand_f_score(np.where(ignored, 0, truth), predicted)

"""Occlusion maps against known answers."""

import numpy as np
import pytest
from scipy.special import expit

from tests.domains.images.explanation.conftest import SIDE
from tfapp.base.reporter import Reporter
from tfapp.domains.images.explanation.occlusion import occlusion, spread
from tfapp.domains.images.explanation.spec import Picture, Subject, log_odds


def explained(model, pixels, temperature=1.0):
    """Return what occlusion finds for a picture, and the passes it ticked."""
    logits = np.asarray(model(pixels[np.newaxis].astype("float32")))[0]
    subject = Subject(model, ("a", "b"), None, None, Reporter(quiet=True), temperature)
    explain, ticks = occlusion(subject), []
    (finding,) = explain([Picture(pixels, logits, (0, 1))], ticks.append)
    assert sum(ticks) == explain.passes == explain.facts["places"]
    return finding


@pytest.fixture
def lit():
    """A dark picture with light in the watched corner and in another."""
    pixels = np.zeros((SIDE, SIDE, 1), np.uint8)
    pixels[2:6, 2:6] = pixels[10:14, 10:14] = 255
    return pixels


def test_lights_where_the_network_looks(corner, lit):
    """Covering light in the watched quarter costs, the same elsewhere does not."""
    finding = explained(corner, lit)
    values = finding.heats[0].values
    assert values.shape == (SIDE, SIDE)
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert 2 <= row < 6
    assert 2 <= column < 6
    assert np.abs(values[8:, 8:]).max() < 0.05 * values.max()
    fact = finding.facts[0]
    assert fact["x"] < 0.5 > fact["y"]
    assert fact["probability_covered"] < fact["probability"]
    assert "when covered" in finding.summary


def test_two_classes_mirror_each_other(corner, lit):
    """What speaks for one of two classes speaks against the other."""
    first, second = explained(corner, lit).heats
    np.testing.assert_allclose(first.values, -second.values, atol=1e-4)
    assert first.signed


def test_drops_are_those_of_the_network_by_hand(corner, lit):
    """The largest drop is that of covering by the mean colour, calibrated."""
    finding = explained(corner, lit, temperature=2.0)
    fact = finding.facts[0]
    patch = 3
    top = round(fact["y"] * SIDE - patch / 2)
    left = round(fact["x"] * SIDE - patch / 2)
    covered = lit.astype("float64")
    covered[top : top + patch, left : left + patch] = lit.mean()

    def logit(pixels):
        quarter = pixels[: SIDE // 2, : SIDE // 2].mean() / 255
        return (10 * quarter - 5) / 2.0

    assert fact["largest_drop"] == pytest.approx(logit(lit) - logit(covered), abs=1e-4)
    assert fact["probability"] == pytest.approx(expit(logit(lit)), abs=1e-5)
    assert fact["probability_covered"] == pytest.approx(expit(logit(covered)), abs=1e-5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 9), (8, 8), (33, 20)])
def test_patches_cover_everything(height, width):
    """Every pixel has a value, whatever the picture's size: the mean of equal drops."""
    from tfapp.domains.images.explanation.occlusion import _patch

    patch, places = _patch(height, width)
    assert all(0 <= y <= height - patch and 0 <= x <= width - patch for y, x in places)
    values = spread(np.full(len(places), 2.5), places, patch, (height, width))
    np.testing.assert_allclose(values, 2.5)
    assert len(places) <= 12 * 30


def test_log_odds_do_not_saturate():
    """Where the probability is 1 in every digit, the log-odds still tell."""
    logits = np.array([[60.0, 0.0, 1.0], [80.0, 0.0, 1.0]])
    others = np.log(np.exp(0.0) + np.exp(1.0))
    np.testing.assert_allclose(log_odds(logits, 0), [60 - others, 80 - others])
    small = np.array([[0.3, -0.2, 0.1]])
    share = np.exp(small[0, 1]) / np.exp(small[0]).sum()
    assert log_odds(small, 1)[0] == pytest.approx(np.log(share / (1 - share)))


def test_tags_are_explained_one_by_one():
    """Those from their threshold on are answered; shares are sigmoids of the logits."""
    names, quiet = ("a", "b", "c"), Reporter(quiet=True)
    subject = Subject(None, names, None, None, quiet, thresholds=(0.5, 0.2, 0.9))
    logits = np.array([2.0, -1.0, 1.0])
    np.testing.assert_allclose(subject.shares(logits[None]), [expit(logits)])
    assert subject.answered(logits) == (0, 1)
    assert subject.answered(logits - 5) == (0,)
    np.testing.assert_allclose(subject.log_odds(logits[None], 1), [-1.0])
    classes = Subject(None, names, None, None, quiet)
    assert classes.answered(logits) == (0,)

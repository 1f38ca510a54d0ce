"""Rejection in the results of a classifier."""

import numpy as np
import pytest

from tests.problems.classification.foreign.test_familiarity import clusters
from tfapp.base.errors import ConfigError
from tfapp.problems.classification.foreign.rejection import (
    check_keep,
    rejection_sections,
    with_rejection,
)

NAMES = ("ant", "bee", "cow")


@pytest.fixture(scope="module")
def features():
    """Features of three splits."""
    return {
        split: clusters(count, seed)
        for seed, (split, count) in enumerate(
            {"train": 90, "validation": 60, "test": 200}.items()
        )
    }


@pytest.fixture
def judged(judged_classifier, features):
    """Results of a classifier of them, and its data."""
    logits = {s: np.eye(3)[labels] for s, (_, labels) in features.items()}
    return judged_classifier(NAMES, {s: (features[s][1], logits[s]) for s in features})


@pytest.fixture
def inside(features):
    """What gives features, as a trainer does."""
    return lambda split, places: features[split][0][list(places)]


def test_figures_card_and_page_say_what_is_kept(judged, inside):
    """Share of the test split, its interval, and the section."""
    results = with_rejection(0.9, *judged, None, inside)
    figures = results.figures["familiarity"]
    assert figures["kept"] == pytest.approx(0.9, abs=0.07)
    low, high = figures["kept_interval"]
    assert low < figures["kept"] < high
    assert results.headline[-1].label == "Kept as familiar"
    (section,) = rejection_sections(results)
    assert "none of these" in section.lead
    again = with_rejection(0.0, *judged, results.calibration, inside)
    assert again.figures["familiarity"] == figures
    assert again.calibration == results.calibration


def test_nothing_is_added_unless_asked_for_and_possible(judged, inside):
    """Keep = 0, few validation examples, no features: said, and no figure."""
    assert with_rejection(0.0, *judged, None, inside) is judged[0]
    few = with_rejection(0.99, *judged, None, inside)
    assert "at least 99 validation examples" in few.notes[-1]
    blind = with_rejection(0.9, *judged, None, lambda split, places: None)
    assert "extractor and a head" in blind.notes[-1]
    assert with_rejection(0.9, *judged, {"temperature": 1.0}, inside) is judged[0]
    for results in (few, blind):
        assert "familiarity" not in results.figures
        assert not [*rejection_sections(results)]


@pytest.mark.parametrize("keep", [-0.1, 0.3, 1.0, 95])
def test_a_share_that_cannot_be_kept_is_refused(keep):
    """Percent are no shares."""
    with pytest.raises(ConfigError, match=f"`task_options.keep`.*Received: {keep}"):
        check_keep(keep)

"""What `fit` chooses for recordings with class names."""

import pytest

from tfapp.data.report import CheckReport
from tfapp.domains.audio.classification.plan import plan
from tfapp.recipes.plan import Machine


def options(seconds, speakers):
    """Return the options of the network for recordings of that length and voices."""
    facts = {
        "median_seconds": seconds,
        "speakers": speakers,
        "answers_from": "folder",
        "rate": 8000,
    }
    classes = {"no": {"all": 300}, "yes": {"all": 300}}
    counts = {"found": 600, "usable": 600}
    report = CheckReport("x", "recordings", counts, classes, facts)
    return plan(report, Machine()).table["model"]["options"]


@pytest.mark.parametrize(
    ("seconds", "speakers", "expected"),
    [
        (5.0, 6, set()),
        (0.5, 1, {"steps", "ridge"}),
        (0.5, 6, {"steps", "ridge", "centering", "warp_frequency", "warp_tempo"}),
    ],
)
def test_words_take_steps_and_new_voices_other_heads(seconds, speakers, expected):
    """A sound may occur anywhere in five seconds; a word fills its recording."""
    assert set(options(seconds, speakers)) == expected

"""The sheet of worst mistakes, with and without maps."""

import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.gallery_sections import mistakes_section
from tfapp.report.blocks import Report
from tfapp.report.page import render_report


@pytest.fixture
def mistaken(judged_classifier):
    """Three examples, two of them mistaken, the last more confidently."""
    logits = np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 1.0], [4.0, 0.0, 0.0]])
    return judged_classifier(("ant", "bee", "cow"), {"test": ([0, 1, 2], logits)})


def test_maps_stand_next_to_the_mistakes_of_the_predicted_class(mistaken):
    """They are asked for once, worst first, with the class that was predicted."""
    asked = []

    def maps(examples, classes):
        asked.append(([e.name for e in examples], list(classes)))
        return [b"first", b"second"]

    section = mistakes_section(*mistaken, maps)
    assert asked == [(["test/2.png", "test/1.png"], [0, 2])]
    tiles = section.blocks[0].tiles
    assert [tile.further for tile in tiles] == [(b"first",), (b"second",)]
    assert "Grad-CAM" in section.lead
    page = render_report(Report("t", "s", (), (section,)))
    assert page.count('class="pair"') == 2
    assert 'class="gallery pairs"' in page


@pytest.mark.parametrize("told", [True, False])
def test_without_maps_the_sheet_stays(mistaken, told):
    """A network that has none costs its reader a line, not the sheet."""

    def refuse(examples, classes):
        raise ModelError("Model 'dense' has no map.")

    section = mistakes_section(*mistaken, refuse if told else None)
    assert len(section.blocks[0].tiles) == 2
    assert ("no maps next to them: Model 'dense' has no map." in section.lead) is told
    page = render_report(Report("t", "s", (), (section,)))
    assert 'class="pair"' not in page
    assert 'class="gallery"' in page

"""The sheet of worst mistakes, with and without maps."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import ModelError
from tfapp.domains.images.gallery_sections import mistakes_section
from tfapp.problems.classification.examples import labelled
from tfapp.problems.classification.report_inputs import ClassificationReportInputs
from tfapp.report.blocks import Report
from tfapp.report.page import render_report
from tfapp.report.run_sections import RunFacts


def read(example):
    """Return a grey picture."""
    stream = io.BytesIO()
    Image.new("L", (8, 8), 100).save(stream, "PNG")
    return stream.getvalue()


def make_inputs(maps):
    """Return three examples, two of them mistaken, the last more confidently."""
    names = ("ant", "bee", "cow")
    labels = ["ant", "bee", "cow"]
    examples = tuple(labelled(f"{i}.png", n, "test") for i, n in enumerate(labels))
    logits = np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 1.0], [4.0, 0.0, 0.0]])
    return ClassificationReportInputs(
        facts=RunFacts("animals", 1),
        recipe={},
        class_names=names,
        examples={"test": examples},
        read=read,
        logits=logits,
        metrics={},
        maps=maps,
    )


def test_maps_stand_beside_the_mistakes_of_the_predicted_class():
    """They are asked for once, worst first, with the class that was predicted."""
    asked = []

    def maps(examples, classes):
        asked.append(([e.name for e in examples], list(classes)))
        return [b"first", b"second"]

    section = mistakes_section(make_inputs(maps))
    assert asked == [(["2.png", "1.png"], [0, 2])]
    tiles = section.blocks[0].tiles
    assert [tile.beside for tile in tiles] == [b"first", b"second"]
    assert "Grad-CAM" in section.lead
    page = render_report(Report("t", "s", (), (section,)))
    assert page.count('class="pair"') == 2
    assert 'class="gallery pairs"' in page


@pytest.mark.parametrize("told", [True, False])
def test_without_maps_the_sheet_stays(told):
    """A network that has none costs its reader a line, not the sheet."""

    def refuse(examples, classes):
        raise ModelError("Model 'dense' has no map.")

    section = mistakes_section(make_inputs(refuse if told else None))
    assert len(section.blocks[0].tiles) == 2
    assert ("no maps beside them: Model 'dense' has no map." in section.lead) is told
    page = render_report(Report("t", "s", (), (section,)))
    assert 'class="pair"' not in page
    assert 'class="gallery"' in page

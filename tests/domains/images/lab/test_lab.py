"""The convolution lab as a whole: statements, the learnt filter, the page."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tfapp.base.errors import DataError
from tfapp.base.reporter import Reporter
from tfapp.cli import app
from tfapp.domains.images.lab.checks import Check, checks
from tfapp.domains.images.lab.filters import SOBEL_X, SOBEL_Y
from tfapp.domains.images.lab.learning import learn_filters
from tfapp.domains.images.verbs.convolution_lab import convolution_lab


def test_every_statement_holds():
    """Matrices, gradients by hand, automatic ones and differences agree."""
    results = checks(seed=3)
    assert len(results) >= 40
    assert [check for check in results if not check.holds] == []
    assert not Check("a wrong one", 2e-12, 1e-12).holds


def test_sobel_is_learnt_from_pairs():
    """Every number of both filters is right to a thousandth."""
    picture = np.random.default_rng(1).uniform(0, 255, (64, 64)).cumsum(axis=1)
    learnt = learn_filters(picture, np.stack([SOBEL_X, SOBEL_Y]))
    assert learnt.error <= 1e-3
    assert learnt.losses[-1] < 1e-5 < learnt.losses[0]


def test_command_writes_a_page(tmp_path):
    """One HTML file with pictures and the numbers of every statement."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 500, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a b.png")
    out = tmp_path / "out"
    arguments = ["lab", "convolution", str(tmp_path / "a b.png"), "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "-q"])
    assert result.exit_code == 0, result.output
    assert "hold" in result.stdout
    page = (out / "convolution.html").read_text(encoding="utf-8")
    assert page.count("<img ") >= 12
    assert "Let the network learn the right filters" in page
    assert "FAILS" not in page


def test_pictures_that_cannot_be_used(tmp_path):
    """A missing, damaged, tiny or empty picture is one line."""
    (tmp_path / "text.png").write_text("no picture")
    Image.new("L", (30, 30), 7).save(tmp_path / "grey.png")
    for name, message in (
        ("none.png", "There is no picture"),
        ("text.png", "cannot be read as a picture"),
        ("grey.png", "nothing to filter.*greys from 7 to 7"),
    ):
        with pytest.raises(DataError, match=message):
            convolution_lab(
                tmp_path / name, out=tmp_path, reporter=Reporter(quiet=True)
            )

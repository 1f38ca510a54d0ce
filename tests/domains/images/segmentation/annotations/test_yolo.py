"""YOLO's outlines and boxes."""

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.segmentation.annotations.yolo import holds_yolo, read_yolo

pytest.importorskip("pycocotools")


@pytest.fixture
def make(tmp_path):
    """Return a function: texts of label files to a folder of images/ and labels/."""

    def call(*texts):
        for part in ("images", "labels"):
            (tmp_path / part).mkdir()
        for number, text in enumerate(texts):
            Image.new("RGB", (40, 20)).save(tmp_path / f"images/{number}.png")
            (tmp_path / f"labels/{number}.txt").write_text(text)
        return tmp_path

    return call


def test_outlines_are_scaled_to_the_image(make):
    """Classes have the names of classes.txt; boxes are counted."""
    root = make("1 .25 .5 .75 .5 .75 1 .25 1\n0 .5 .5 .3 .3\n", "")
    (root / "classes.txt").write_text("cat\ndog\n")
    assert holds_yolo(root)
    (first, second), names, _ = read_yolo(root)
    assert names == ("dog",)
    assert first.passed_over == {"a box and no outline": 1}
    mask = first.draw({"dog": 1})
    expected = np.zeros((20, 40), bool)
    expected[10:, 10:30] = True
    np.testing.assert_array_equal(mask == 1, expected)
    assert second.objects == ()


def test_boxes_alone_are_refused_by_name(make):
    """A box is no outline."""
    with pytest.raises(DataError, match="2 boxes and no outline of three points"):
        read_yolo(make("0 .5 .5 .3 .3\n1 .5 .5 .1 .1\n"))


@pytest.mark.parametrize(
    "line", ["x .1 .1 .2 .2 .3 .3", "0 .1 .1 .2 .2 .3 .3 .4", "inf 1 1 2 2 3 3"]
)
def test_faulty_lines_are_named(make, line):
    """With the file and the line."""
    root = make(f"0 .1 .1 .2 .2 .3 .1\n{line}\n")
    with pytest.raises(DataError, match=r"0\.txt, line 2"):
        read_yolo(root)


def test_pictures_next_to_texts_are_masks(make):
    """Notes in a folder of masks make no labels of it."""
    root = make("about these masks")
    Image.new("L", (40, 20)).save(root / "labels/0.png")
    assert not holds_yolo(root)

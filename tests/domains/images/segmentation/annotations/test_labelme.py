"""Outlines of labelme files against areas worked out by hand."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.segmentation.annotations.labelme import read_labelme

pytest.importorskip("pycocotools")
SIZE = {"imagePath": "1.jpg", "imageHeight": 40, "imageWidth": 48}


@pytest.fixture
def write(tmp_path):
    """Return a function: content to a JSON file of some name."""

    def make(content, name="1.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return make


@pytest.fixture
def read(write, tmp_path):
    """Return a function: shapes to the image that they outline."""

    def call(*shapes):
        write({"shapes": shapes, **SIZE})
        (found,), *_ = read_labelme(tmp_path)
        return found

    return call


def picture_of(part):
    """Return a mask as labelme stores it."""
    stream = io.BytesIO()
    Image.fromarray(part).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_shapes_of_labelme(write, tmp_path):
    """Polygons, rectangles and circles have an inside; points and lines have none."""
    shapes = [
        {"label": "roof", "points": [[2, 3], [8, 9]], "shape_type": "rectangle"},
        {"label": "tree", "points": [[30, 30], [30, 40]], "shape_type": "circle"},
        {"label": "roof", "points": [[50, 0], [60, 0], [50, 10]]},
        {"label": "path", "points": [[0, 0], [9, 9]], "shape_type": "line"},
        {"label": "spot", "points": [[5, 5]], "shape_type": "point"},
    ]
    content = {"shapes": shapes, "imagePath": "..\\photos\\1.jpg"}
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").touch()
    write(content | {"imageHeight": 64, "imageWidth": 72}, "labels/1.json")
    (found,), names, _ = read_labelme(tmp_path)
    assert names == ("roof", "tree")
    assert found.image == tmp_path / "labels" / ".." / "photos" / "1.jpg"
    assert found.passed_over == {"line": 1, "point": 1}
    mask = found.draw({"roof": 1, "tree": 2})
    assert mask.shape == (64, 72)
    np.testing.assert_array_equal(mask[3:9, 2:8], 1)
    assert (mask == 1)[:, :40].sum() == 36
    assert (mask == 1)[:, 50:].sum() == pytest.approx(50, abs=6)
    assert (mask == 2).sum() == pytest.approx(np.pi * 100, rel=0.03)


def test_a_shape_that_is_a_picture_of_its_pixels(read):
    """It lies in the box of its points; what juts out of the image is cut off."""
    part = np.zeros((21, 21), bool)
    part[5:15, 3:9] = True
    shape = {"label": "a", "shape_type": "mask", "mask": picture_of(part)}
    mask = read(shape | {"points": [[10.0, 12.0], [30.0, 32.0]]}).draw({"a": 1})
    expected = np.zeros((40, 48), bool)
    expected[17:27, 13:19] = True
    np.testing.assert_array_equal(mask == 1, expected)
    mask = read(shape | {"points": [[-5.0, 30.0], [15.0, 50.0]]}).draw({"a": 1})
    expected[:] = False
    expected[35:40, 0:4] = True
    np.testing.assert_array_equal(mask == 1, expected)


@pytest.mark.parametrize("kind", ["rotation", "rotated_rectangle", "quadrilateral"])
def test_turned_rectangles(read, kind):
    """Four corners are what they are, whatever the tool calls them."""
    corners = [[24, 4], [40, 20], [24, 36], [8, 20]]
    found = read({"label": "a", "shape_type": kind, "points": corners})
    assert found.draw({"a": 1}).sum() == pytest.approx(512, rel=0.05)
    assert not found.passed_over


def test_unknown_shapes_are_counted_by_their_own_name(read):
    """So are shapes with too few points, and coordinates that are no numbers."""
    shapes = [
        {"label": "a", "points": [[0, 0], [9, 9], [9, 0]], "shape_type": "cuboid"},
        {"label": "a", "points": [[0, 0], [9, 9], [9, 0]], "shape_type": "linestrip"},
        {"label": "a", "points": [[0, 0], [9, 9]]},
        {"label": "a", "points": [[0, 0], [9, 1e9], [9, 0]]},
        {"label": "a", "points": [[0, 0], [9, float("nan")], [9, 0]]},
    ]
    found = read(*shapes)
    assert found.objects == ()
    assert found.passed_over == {
        "cuboid": 1,
        "linestrip": 1,
        "polygon of 2 points": 1,
        "the coordinate 1e+09, which lies in no image": 1,
        "the coordinate nan, which lies in no image": 1,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask": "no picture"}, "whose picture is damaged"),
        ({"mask": None}, "without its box or its picture"),
        ({"points": [[0, 0]]}, "without its box or its picture"),
        ({"mask": picture_of(np.zeros((999, 999), bool))}, "a mask of 999 x 999"),
    ],
)
def test_damaged_pictures(read, change, message):
    """Each is named; a huge one is refused before it is decoded."""
    shape = {"label": "a", "shape_type": "mask", "points": [[0, 0], [9, 9]]}
    shape["mask"] = picture_of(np.ones((10, 10), bool))
    with pytest.raises(DataError, match=message):
        read(shape | change)


def test_what_is_no_labelme_file(write, tmp_path):
    """A folder without any, a file that is none, and one that is not there."""
    with pytest.raises(DataError, match="holds no .json file"):
        read_labelme(tmp_path)
    write({"shapes": [{"points": []}]})
    with pytest.raises(DataError, match="is no labelme file"):
        read_labelme(tmp_path)

"""Outlines of COCO and labelme files against areas worked out by hand."""

import json

import numpy as np
import pytest

from tfapp.base.errors import DataError
from tfapp.domains.images.segmentation.data.annotations import (
    Outlined,
    read_coco,
    read_labelme,
)

pytest.importorskip("pycocotools")

SQUARE = [2, 3, 8, 3, 8, 9, 2, 9]
"""From column 2 to 8 and row 3 to 9."""
CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]


def coco(*annotations, size=(12, 10)):
    """Return a COCO file's content: one image of height and width, and these."""
    image = {"id": 1, "file_name": "a/1.png", "height": size[0], "width": size[1]}
    rows = [{"id": n, "image_id": 1, **a} for n, a in enumerate(annotations, 1)]
    return {"images": [image], "annotations": rows, "categories": CATEGORIES}


def of_region(region):
    """Return a COCO file's content: one image with one object."""
    return coco({"category_id": 3, "segmentation": region})


def square(rows=slice(3, 9), columns=slice(2, 8), size=(12, 10)):
    """Return a mask with one filled square."""
    mask = np.zeros(size, bool)
    mask[rows, columns] = True
    return mask


@pytest.fixture
def write(tmp_path):
    """Return a function: content to a JSON file of some name."""

    def make(content, name="annotations.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return make


def test_polygons_and_run_lengths_of_coco(write, tmp_path):
    """Both kinds of region fill the pixels that they surround."""
    inside = square(slice(0, 2), slice(0, 1))
    ends = np.flatnonzero(np.diff(np.r_[False, inside.T.ravel(), False]))
    runs = np.diff(np.r_[0, ends, inside.size]).tolist()
    path = write(
        coco(
            {"category_id": 3, "segmentation": [SQUARE]},
            {"category_id": 7, "segmentation": {"counts": runs, "size": [12, 10]}},
        )
    )
    (found,), names = read_coco(path, tmp_path)
    assert names == ("cat", "dog")  # by number
    assert found.image == tmp_path / "a/1.png"
    mask = found.draw({"cat": 1, "dog": 2})
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask == 1, square())
    np.testing.assert_array_equal(mask == 2, inside)


def test_compressed_run_lengths(write, tmp_path):
    """A code of many runs, as the library itself writes it, is whole."""
    from pycocotools import mask as rle

    inside = np.random.default_rng(0).random((12, 10)) < 0.3
    inside[:, 3:7] = False  # a long run, of several characters
    code = rle.encode(np.asfortranarray(inside.astype(np.uint8)))
    region = {"counts": code["counts"].decode(), "size": [12, 10]}
    (found,), _ = read_coco(write(of_region(region)), tmp_path)
    np.testing.assert_array_equal(found.draw({"cat": 1}) == 1, inside)


def test_several_polygons_are_one_object(write, tmp_path):
    """An object that something hides in the middle has parts."""
    parts = [[0, 0, 2, 0, 2, 2, 0, 2], SQUARE]
    (found,), _ = read_coco(
        write(coco({"category_id": 3, "segmentation": parts})), tmp_path
    )
    assert len(found.objects) == 1
    expected = square() | square(slice(0, 2), slice(0, 2))
    np.testing.assert_array_equal(found.draw({"cat": 5}) == 5, expected)


def test_polygons_without_an_inside(write, tmp_path):
    """Two corners are no box; an object of nothing else is passed over."""
    line, both = {"category_id": 7}, {"category_id": 3}
    line["segmentation"] = [[0, 0, 9, 9]]
    both["segmentation"] = [[0, 0, 9, 9], SQUARE]
    (found,), _ = read_coco(write(coco(line, both)), tmp_path)
    assert found.passed_over == 1
    np.testing.assert_array_equal(found.draw({"dog": 1, "cat": 2}) == 2, square())


@pytest.mark.parametrize("order", [1, -1])
def test_small_objects_lie_on_large_ones(order):
    """However they are listed; and classes that are not asked for stay away."""
    small = [4, 5, 6, 5, 6, 7, 4, 7]
    objects = [("large", [SQUARE]), ("small", [small]), ("other", [[0, 0, 9, 0, 9, 2]])]
    outlined = Outlined(None, (12, 10), tuple(objects[::order]))
    mask = outlined.draw({"large": 1, "small": 2})
    inner = square(slice(5, 7), slice(4, 6))
    np.testing.assert_array_equal(mask == 2, inner)
    np.testing.assert_array_equal(mask == 1, square() & ~inner)


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
    write(content | {"imageHeight": 64, "imageWidth": 72}, "labels/1.json")
    (found,), names = read_labelme(tmp_path)
    assert names == ("roof", "tree")
    assert found.image == tmp_path / "labels" / ".." / "photos" / "1.jpg"
    assert found.passed_over == 2
    mask = found.draw({"roof": 1, "tree": 2})
    assert mask.shape == (64, 72)
    np.testing.assert_array_equal(mask[3:9, 2:8], 1)
    assert (mask == 1)[:, :40].sum() == 36
    assert (mask == 1)[:, 50:].sum() == pytest.approx(50, abs=6)
    assert (mask == 2).sum() == pytest.approx(np.pi * 100, rel=0.03)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ([], "is no COCO file. Expected the lists"),
        ({"images": [], "annotations": []}, "is no COCO file"),
        (coco({"category_id": 9, "segmentation": [SQUARE]}), r"faulty entry \(KeyErr"),
        (of_region([SQUARE[:-1]]), "a polygon of an odd number of coordinates"),
        (of_region([["x"] * 6]), r"faulty entry \(ValueError.*'x'"),
        (of_region([5.0, 5.0]), r"faulty entry \(TypeError"),
        (of_region({"counts": [7], "size": [12, 10]}), "that is not of 10x12"),
        (of_region({"counts": [120], "size": [10, 12]}), "that is not of 10x12"),
        (of_region({"counts": "0", "size": [12, 10]}), "faulty entry .*not of 10x12"),
        (of_region({"counts": 5, "size": [12, 10]}), "faulty entry .TypeError"),
    ],
)
def test_what_is_no_coco_file(write, tmp_path, content, message):
    """Each fault is told with what was expected."""
    with pytest.raises(DataError, match=message):
        read_coco(write(content), tmp_path)


def test_what_is_no_labelme_file(write, tmp_path):
    """A folder without any, a file that is none, and one that is not there."""
    with pytest.raises(DataError, match="holds no .json file"):
        read_labelme(tmp_path)
    with pytest.raises(DataError, match="Cannot read .*No such file"):
        read_coco(tmp_path / "none.json", tmp_path)
    write({"shapes": [{"points": []}]})
    with pytest.raises(DataError, match="is no labelme file"):
        read_labelme(tmp_path)

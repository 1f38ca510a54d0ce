"""Outlines of COCO files against areas worked out by hand."""

import json

import numpy as np
import pytest

from tfapp.base.errors import DataError
from tfapp.domains.images.segmentation.annotations.coco import read_coco
from tfapp.domains.images.segmentation.annotations.outlined import Outlined

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
    (found,), names, _ = read_coco(path, tmp_path)
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
    (found,), *_ = read_coco(write(of_region(region)), tmp_path)
    np.testing.assert_array_equal(found.draw({"cat": 1}) == 1, inside)


def test_several_polygons_are_one_object(write, tmp_path):
    """An object that something hides in the middle has parts."""
    parts = [[0, 0, 2, 0, 2, 2, 0, 2], SQUARE]
    (found,), *_ = read_coco(
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
    (found,), *_ = read_coco(write(coco(line, both)), tmp_path)
    assert found.passed_over == {"fewer than three corners": 1}
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ([], "is no COCO file. Expected the lists"),
        ({"images": [], "annotations": []}, "is no COCO file"),
        (coco({"category_id": 3, "image_id": []}), r"faulty entry \(TypeError"),
        (of_region({"counts": "\x00", "size": [12, 10]}), "with the character"),
        (of_region({"counts": [121, -1], "size": [12, 10]}), "not of 10x12"),
        (of_region({"counts": [True] * 120, "size": [12, 10]}), "not of 10x12"),
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


def test_what_has_no_outline_is_counted_by_its_reason(write, tmp_path):
    """Boxes, empty outlines, unknown classes and images; the rest is drawn."""
    rows = [
        {"category_id": 3, "segmentation": [SQUARE]},
        {"category_id": 3, "segmentation": [], "bbox": [1, 1, 5, 5]},
        {"category_id": 7, "segmentation": None},
        {"category_id": 7},
        {"category_id": 9, "segmentation": [SQUARE]},
        {"category_id": 3, "segmentation": [SQUARE], "image_id": 5},
    ]
    (found,), _, notes = read_coco(write(coco(*rows)), tmp_path)
    assert found.passed_over == {
        "a box and no outline": 1,
        "no outline": 2,
        "category 9, which the file does not list": 1,
    }
    assert len(found.objects) == 1
    assert notes == ("1 objects are of images that the file does not list",)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e300", "2.08543216e8"])
def test_numbers_that_no_image_has_never_reach_the_library(write, tmp_path, number):
    """Such an object is counted, and costs neither the memory nor the process."""
    text = json.dumps(of_region([SQUARE[:-2], SQUARE])).replace("9]]", f"{number}]]")
    (found,), *_ = read_coco(write(text), tmp_path)
    ((why, count),) = found.passed_over.items()
    assert "which lies in no image" in why
    assert count == 1
    assert not found.draw({"cat": 1}).any()


@pytest.mark.parametrize("size", [(0, 10), (-4, 10), ("x", 10), (1e9, 1e9), (12.5, 3)])
def test_sizes_that_no_image_has(write, tmp_path, size):
    """Refused before any memory is taken."""
    with pytest.raises(DataError, match="faulty entry"):
        read_coco(write(coco(size=size)), tmp_path)


def test_outlines_that_jut_out_are_cut_off(write, tmp_path):
    """As annotators draw them over the edge."""
    region = [[-30, -5, 90, -5, 90, 120, -30, 120]]
    (found,), *_ = read_coco(write(of_region(region)), tmp_path)
    assert found.draw({"cat": 1}).all()


def test_a_file_that_is_listed_twice_is_one_image(write, tmp_path):
    """Its objects are joined; two sizes of it, or one id for two, are refused."""
    content = coco({"category_id": 3, "segmentation": [SQUARE]})
    content["images"].append(content["images"][0] | {"id": 9})
    content["annotations"].append(
        {"id": 9, "image_id": 9, "category_id": 7, "segmentation": [[0, 0, 2, 0, 2, 2]]}
    )
    (found,), _, notes = read_coco(write(content), tmp_path)
    assert [label for label, _ in found.objects] == ["cat", "dog"]
    assert notes == ("1 images are listed again; their objects are joined",)
    content["images"][1]["width"] = 11
    with pytest.raises(DataError, match="lists 1.png twice, with"):
        read_coco(write(content), tmp_path)
    content["images"][1]["id"] = 1
    with pytest.raises(DataError, match="the id 1 to two images"):
        read_coco(write(content), tmp_path)


def test_paths_and_numbers_of_other_systems(write, tmp_path):
    """Backslashes, another case or form of Unicode, and sizes as texts."""
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "Caf\u00e9.png").touch()
    content = coco({"category_id": 3, "segmentation": [SQUARE]}, size=("12", 10.0))
    content["images"][0]["file_name"] = "IMG\\cafe\u0301.PNG"
    (found,), *_ = read_coco(write(content), tmp_path)
    assert found.image == tmp_path / "img" / "Caf\u00e9.png"
    assert found.size == (12, 10)

"""The report of all trouble."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.data.report import refuse_damaged
from tfapp.domains.images.check import examine
from tfapp.domains.images.reading.sources import open_source


@pytest.fixture
def report_on(context_for):
    """Return a function: folder to what `examine` returns."""

    def make(root):
        context = context_for(root)
        return examine(open_source(context), context)

    return make


def kinds(report):
    """Return {(path, kind): severity}."""
    return {(p.path, p.kind): p.severity for p in report.problems}


def test_nothing_to_complain_about(make_folder, report_on):
    """A sound set says so, with counts, sizes and colours."""
    report = report_on(make_folder({"cats": 6, "dogs": 5})).report
    assert report.problems == ()
    assert report.counts["usable"] == report.usable == 11
    assert report.per_class == {"cats": 6, "dogs": 5}
    assert report.classes == {"cats": {"all": 6}, "dogs": {"all": 5}}
    assert report.facts["median_size"] == (40, 50)
    assert report.facts["colour"]
    assert report.lines()[-1] == "Nothing to complain about."
    assert report.summary() == ""


def test_every_kind_of_bad_file(make_folder, report_on, picture, encode):
    """Each file is named with its kind; nothing is deleted; the rest is usable."""
    root = make_folder({"cats": 6, "dogs": 6})
    glass = Image.fromarray(picture(94)).convert("RGBA")
    glass.putalpha(100)
    files = {
        "cats/cut.jpg": encode(picture(90), "JPEG")[:300],
        "cats/empty.png": b"",
        "cats/text.jpg": b"no image",
        "dogs/scan.tif": encode(picture(91), "TIFF"),
        "dogs/is_png.jpg": encode(picture(92)),
        "dogs/print.jpg": encode(Image.fromarray(picture(93)).convert("CMYK"), "JPEG"),
        "dogs/glass.png": encode(glass),
    }
    for name, data in files.items():
        (root / name).write_bytes(data)
    report = report_on(root).report
    found = kinds(report)
    assert found["cats/cut.jpg", "truncated"] == "left out"
    assert found["cats/empty.png", "empty"] == "left out"
    assert found["cats/text.jpg", "unreadable"] == "left out"
    assert found["dogs/is_png.jpg", "wrong extension"] == "note"
    assert found["dogs/print.jpg", "cmyk"] == "used with care"
    assert found["dogs/glass.png", "alpha"] == "used with care"
    assert report.bad_share == 3 / 19
    assert len(report.problems) == 6
    assert all((root / name).exists() for name in files)
    assert report.summary().startswith("left out: 1 empty, 1 truncated, 1 unreadable")


def test_too_many_bad_files(make_folder, report_on):
    """Above the share it is an error with count, examples and the way out."""
    root = make_folder({"cats": 3, "dogs": 3})
    for number in range(2):
        (root / "cats" / f"bad{number}.jpg").write_bytes(b"")
    report = report_on(root).report
    refuse_damaged(report, 0.25)
    with pytest.raises(DataError) as caught:
        refuse_damaged(report, 0.24)
    message = str(caught.value)
    assert "2 of 8 files cannot be used (25%)" in message
    assert "cats/bad0.jpg (empty); cats/bad1.jpg (empty)" in message
    assert "raise `data.check.max_bad_share`" in message
    assert "\n" not in message


def test_copies_within_and_across_splits(make_folder, report_on):
    """The train copy of a test image goes; copies within a split are only noted."""
    root = make_folder({"train/a": 5, "train/b": 5, "test/a": 5, "test/b": 5})
    shutil.copy(root / "test/a/000.png", root / "train/a/leak.png")
    shutil.copy(root / "train/b/000.png", root / "train/b/twin.png")
    examined = report_on(root)
    found = kinds(examined.report)
    assert found == {
        ("train/a/leak.png", "copy across splits"): "left out",
        ("train/b/000.png", "duplicate"): "note",
    }
    assert len(examined.usable.readable) == 22
    assert len(examined.usable.examples) == 21
    assert ["test/a/000.png", "train/a/leak.png"] == sorted(
        next(g for g in examined.report.duplicates if "train/a/leak.png" in g)
    )


def test_conflicting_labels(make_folder, report_on):
    """The same pixels under two labels teach nothing: both go."""
    root = make_folder({"cats": 5, "dogs": 5})
    shutil.copy(root / "cats/000.png", root / "dogs/twin.png")
    examined = report_on(root)
    assert set(kinds(examined.report)) == {
        ("cats/000.png", "conflicting labels"),
        ("dogs/twin.png", "conflicting labels"),
        ("cats", "few images"),
    }
    assert "['cats', 'dogs']" in examined.report.problems[0].detail


def test_near_copies(make_folder, report_on, picture, encode):
    """A recompressed copy is noted, and with more weight across splits."""
    root = make_folder({"train/a": 5, "train/b": 5, "test/a": 5, "test/b": 5})
    near = picture(800, 64, 64)
    (root / "test/a/x.png").write_bytes(encode(near))
    (root / "train/a/x.jpg").write_bytes(encode(near, "JPEG", quality=40))
    (root / "train/a/y.jpg").write_bytes(encode(near, "JPEG", quality=20))
    report = report_on(root).report
    severities = sorted(p.severity for p in report.problems)
    assert severities == ["note", "used with care", "used with care"]
    assert len(report.near_duplicates) == 3


def test_near_copies_of_two_labels_contradict_each_other(
    make_folder, report_on, picture, encode
):
    """The same photo, smaller, in another class is reported as a conflict."""
    root = make_folder({"a": 5, "b": 5})
    photo = Image.fromarray(picture(801, 96, 96))
    (root / "a/x.png").write_bytes(encode(photo))
    (root / "b/x.jpg").write_bytes(encode(photo.resize((60, 60)), "JPEG", quality=80))
    problems = report_on(root).report.problems
    assert [(p.path, p.kind, p.severity) for p in problems] == [
        ("a/x.png", "conflicting labels", "used with care")
    ]
    assert "looks like b/x.jpg, which is labelled 'b'" in problems[0].detail


def test_a_large_jpeg_and_its_png_copy_are_one_content(
    make_folder, report_on, picture, encode
):
    """A scan sees the one shrunk and the other whole; the pixels are the same."""
    root = make_folder({"a": 5, "b": 5})
    data = encode(picture(802, 1100, 1200), "JPEG", quality=90)
    (root / "a/x.jpg").write_bytes(data)
    (root / "a/other.jpg").write_bytes(encode(picture(803, 1100, 1200), "JPEG"))
    (root / "b/x.png").write_bytes(encode(Image.open(io.BytesIO(data))))
    examined = report_on(root)
    assert {(p.path, p.kind, p.severity) for p in examined.report.problems} == {
        ("a/x.jpg", "conflicting labels", "left out"),
        ("b/x.png", "conflicting labels", "left out"),
    }
    assert examined.report.near_duplicates == ()


def test_trouble_of_the_set(make_folder, report_on):
    """Imbalance, rare classes and passed-over files are told."""
    root = make_folder({"cats": 20, "dogs": 4})
    (root / "cats" / ".DS_Store").write_text("x")
    (root / "cats" / "notes.txt").write_text("x")
    report = report_on(root).report
    assert [p.kind for p in report.problems] == [
        "hidden files",
        "foreign files",
        "few images",
        "class imbalance",
    ]
    assert "20 images of cats for 4 of dogs" in report.problems[-1].detail


def test_report_as_json_and_lines(make_folder, report_on):
    """JSON holds everything; the lines show five of a kind and count the rest."""
    root = make_folder({"cats": 5, "dogs": 5})
    for number in range(8):
        (root / "cats" / f"bad{number}.jpg").write_bytes(b"")
    report = report_on(root).report
    stored = json.loads(json.dumps(report.to_json()))
    assert len(stored["problems"]) == 8
    assert stored["bad_share"] == pytest.approx(8 / 18)
    lines = report.lines()
    assert lines[0].endswith("18 images, 2 classes, 8 left out")
    assert "left out: empty, 8" in lines
    assert "  … and 3 more" in lines


def test_grey_sets_have_no_colour(tmp_path, encode, report_on):
    """A set of grey images is recognised, whatever channels its files have."""
    for label in ("a", "b"):
        (tmp_path / "g" / label).mkdir(parents=True)
        for number in range(3):
            grey = np.full((9, 9, 3), 10 * number + ord(label), np.uint8)
            (tmp_path / "g" / label / f"{number}.png").write_bytes(encode(grey))
    assert not report_on(tmp_path / "g").report.facts["colour"]

"""Tests of tfapp.domains.images.segmentation.compared: runs of masks side by side."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.stats import ttest_1samp

from tfapp.base.errors import ConfigError
from tfapp.base.files import write_json
from tfapp.comparison import wording as say
from tfapp.comparison.compared import compare_records
from tfapp.comparison.compared_task import Quantity
from tfapp.comparison.files import write_comparison
from tfapp.comparison.page import comparison_report
from tfapp.comparison.record import read_record
from tfapp.domains.images.segmentation.compared import (
    SEGMENTATION,
    MaskAnswer,
    hard_in_all,
    hard_section,
)
from tfapp.report.blocks import Gallery, Table
from tfapp.report.page import render_report

SHARP = [0.02, 0.03, 0.025, 0.04, 0.03, 0.05, 0.02, 0.03]
BLUNT = [0.08, 0.09, 0.07, 0.13, 0.09, 0.14, 0.08, 0.10]


@pytest.fixture
def read(fake_masks_run, tmp_path):
    """Write a run and read it again."""

    def made(name, errors, number=1, seed=0, limit=0, test="t", task=SEGMENTATION):
        folder = fake_masks_run(tmp_path, name, number, errors, test=test, seed=seed)
        data = {"limit": limit}
        recipe = {"name": name, "task": "image_segmentation", "seed": seed}
        return read_record(folder, recipe | {"model": name, "data": data}, task)

    return made


def section(report, title):
    """Return a section by its title."""
    return next(s for s in report.sections if s.title == title)


def test_a_run_is_read(read):
    """Scores of images by content, classes from the figures, what is not known."""
    record = read("sharp", SHARP, limit=5)
    assert record.class_names == ("nothing", "cell")
    assert sorted(a.score for a in record.answers.values()) == sorted(SHARP)
    assert record.figures["pixel_error"] == pytest.approx(np.mean(SHARP))
    assert np.isnan(record.figures["rand_f_score"])
    assert set(record.intervals) == {"iou"}
    assert record.trained_on == 5  # images, not images of each class
    assert read("sharp", SHARP).trained_on == 12


def test_the_lowest_error_is_the_best_and_the_words_say_so(read):
    """Differences are in points of error: the better group's is below zero."""
    found = compare_records([read("blunt", BLUNT), read("sharp", SHARP)])
    assert found.best == 1
    assert say.conclusion(found).startswith("“sharp” has the lowest pixel error, 3.1")
    assert say.difference(found.to_best(0)) == "+6.69\u00a0points"
    report = comparison_report(found)
    (table,) = section(report, "Which differences are real").blocks
    assert table.rows[0][:4] == ("sharp", "blunt", "real", "−6.69\u00a0points")
    page = render_report(report)
    assert "Test pixel error, with its 95 % interval" in page
    assert "accuracy" not in page.lower()
    assert "examples" not in page.lower()


def test_intervals_are_of_images_and_seeds(read):
    """Student's t over the images for the error; IoU's own, stretched."""
    (group,) = compare_records([read("sharp", SHARP)]).groups
    exact = ttest_1samp(SHARP, 0).confidence_interval()
    assert group.interval == pytest.approx(tuple(exact))
    iou, (low, high) = group.figure("iou").mean, group.interval_of("iou")
    stretched = 2.364624 / 1.959964 * (8 / 7) ** 0.5  # t of 7 degrees of freedom
    assert low == pytest.approx(iou - stretched * (iou - (0.9 - 2 * np.mean(SHARP))))
    assert high == 1.0
    assert group.interval_of("dice") is None
    seeds = [SHARP, [e + 0.02 for e in SHARP]]
    runs = [read("sharp", e, n + 1, seed=n) for n, e in enumerate(seeds)]
    (several,) = compare_records(runs).groups
    half = (exact[1] - exact[0]) / 2, 12.706205 * 0.02 / 2  # t of 1 degree of freedom
    centre = np.mean(SHARP) + 0.01
    assert several.interval == pytest.approx((0.0, centre + np.hypot(*half)))
    assert several.interval_of("iou")[0] < low


def test_few_images_are_told(read):
    """Five cannot settle anything, eight can settle one difference."""
    few = compare_records([read("a", SHARP[:5]), read("b", BLUNT[:5])])
    assert not few.pairs[0].real
    assert few.pairs[0].found.p_value >= 2 / 2**5
    assert few.notes[0].startswith("Too few test images, 5, to call any difference")
    assert "p = 0.062" in few.notes[0]
    assert "takes 6 images at least" in few.notes[0]
    enough = compare_records([read("a", SHARP), read("b", BLUNT)])
    assert enough.pairs[0].real
    assert not any("Too few" in note for note in enough.notes)


def test_other_test_images_are_not_paired(read):
    """By the content of image and mask."""
    found = compare_records([read("a", SHARP), read("b", BLUNT, test="u")])
    assert not found.pairs[0].found.paired
    assert found.missed == ()
    assert any("so images cannot be paired" in note for note in found.notes)


def test_sizes_make_a_curve_of_images(read):
    """Training images in all, not for each class."""
    runs = [read("u", BLUNT, 1, limit=4), read("u", SHARP, 2)]
    found = compare_records(runs)
    assert [line.members for line in found.lines] == [(0, 1)]
    _, table = section(comparison_report(found), "Learning curve").blocks
    assert table.header[1] == "Images"
    assert [row[1] for row in table.rows] == ["4", "12"]


def answers(*runs):
    """Return what runs said, image by image."""
    return [
        [MaskAnswer(f"{i}.png", error, 1 - error) for error in errors]
        for i, errors in enumerate(zip(*runs, strict=True))
    ]


def test_images_above_every_runs_median_are_hard():
    """However good or bad a run is as a whole."""
    runs = [0.1, 0.2, 0.3, 0.4, 0.9], [0.01, 0.04, 0.02, 0.045, 0.05]
    found = hard_in_all(answers(*runs))
    assert [row.path for row in found] == ["4.png", "3.png"]
    assert found[0][1:] == pytest.approx((0.475, 0.05, 0.9, 0.525))
    assert hard_in_all(answers([0.1, 0.1, 0.1])) == ()
    assert hard_in_all([]) == ()


def test_hard_images_are_listed_and_shown_where_there_are_files(read, tmp_path):
    """A table of errors, and pictures of the files that are here."""
    image = tmp_path / "3.png"
    Image.new("L", (20, 10)).save(image)
    rows = hard_in_all(answers(SHARP))
    here = [rows[0]._replace(path=str(image)), *rows[1:]]
    table, gallery = hard_section(here, 8).blocks
    assert isinstance(table, Table)
    assert table.rows[0][:2] == ("3.png", "5.0\u00a0%")
    assert isinstance(gallery, Gallery)
    assert [tile.path for tile in gallery.tiles] == [str(image)]
    found = compare_records([read("a", SHARP), read("b", BLUNT)])
    shown = section(comparison_report(found), "Hard in every run")
    assert [row[0] for row in shown.blocks[0].rows] == ["t5.png", "t3.png"]


def test_tables_for_programs(read, tmp_path):
    """Figures with spread and interval; what is not known is null, or empty."""
    found = compare_records([read("a", SHARP), read("b", BLUNT)])
    write_comparison(tmp_path / "out", found)
    stored = json.loads((tmp_path / "out/comparison.json").read_text())
    group = stored["groups"][0]
    assert group["rand_f_score"] == {"mean": None, "spread": None}
    assert group["pixel_error_interval"] == list(found.groups[0].interval)
    assert {"iou_interval"} == {k for k in group if k.startswith("iou_")}
    assert len(stored["hard_in_every_run"]) == 2
    with (tmp_path / "out/comparison.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["rand_f_score"] == rows[0]["dice_low"] == ""
    assert float(rows[0]["iou_low"]) < float(rows[0]["iou"])
    assert float(rows[1]["to_best_difference"]) == pytest.approx(0.066875)


def shortened(text, key):
    """Return a JSON object with an empty list under a key."""
    return json.dumps(json.loads(text) | {key: []})


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("predictions.csv", lambda t: t.replace("0.050000", "x"), "could not convert"),
        ("predictions.csv", lambda t: t.replace("0.050000", "nan"), "error is nan"),
        ("predictions.csv", lambda t: t.replace("0.050000", "0.06"), "its pixel error"),
        ("predictions.csv", lambda t: t.replace("t5.png", "t9.png"), "not the test ex"),
        ("predictions.csv", lambda t: t.rsplit("\n", 2)[0], "not the test examples"),
        (
            "predictions.csv",
            lambda t: t.replace("pixel_error", "loss"),
            "'pixel_error'",
        ),
        ("metrics.json", lambda t: t.replace("per_image", "images"), "lacks 'per_im"),
        (
            "metrics.json",
            lambda t: t.replace('"per_class"', '"classes"'),
            "'per_class'",
        ),
        ("metrics.json", lambda t: t.replace("iou_interval", "io"), "lacks 'iou_inter"),
        ("metrics.json", lambda t: shortened(t, "iou_interval"), "out of range"),
        ("metrics.json", lambda t: shortened(t, "per_image"), "at least one"),
        ("split.json", lambda t: t.replace("content_hash", "hash"), "'content_hash'"),
    ],
)
def test_damaged_files_are_named(fake_masks_run, tmp_path, name, change, message):
    """One line with the file, what is wrong with it, and the way out."""
    path = fake_masks_run(tmp_path, "sharp", 1, SHARP) / name
    path.write_text(change(path.read_text()))
    with pytest.raises(ConfigError, match=message) as caught:
        read_record(path.parent, {}, SEGMENTATION)
    assert str(caught.value).startswith(f"{path} cannot be used: ")
    assert "\n" not in str(caught.value)


def test_images_of_several_sizes_count_the_same(fake_masks_run, tmp_path):
    """The report's figure is of pixels; each image is one chance to be wrong."""
    folder = fake_masks_run(tmp_path, "sharp", 1, SHARP)
    stored = json.loads((folder / "metrics.json").read_text())
    write_json(folder / "metrics.json", stored | {"pixel_error": 0.9})
    found = read_record(folder, {}, SEGMENTATION)
    assert found.figures["pixel_error"] == pytest.approx(np.mean(SHARP))


def test_a_new_task_gives_its_own_description_and_nothing_else(read):
    """Another name, direction and noun are all the page needs."""
    task = replace(
        SEGMENTATION,
        score=Quantity("pixel_error", "Hit rate", "hit rate"),
        others=(Quantity("iou", "Loss (nats)", "loss (nats)", percent=False),),
        higher_is_better=True,
        examples="clips",
        how=(),
        missed_title="Deaf in every run",
    )
    found = compare_records([read("a", SHARP, task=task), read("b", BLUNT, task=task)])
    assert say.conclusion(found).startswith("“b” has the highest hit rate, 9.8")
    page = render_report(comparison_report(found))
    for words in (
        "Test clips",
        "Loss (nats)",
        "2 deaf in every run",
        "and test clips.",
    ):
        assert words in page, words
    assert "pixel" not in page.split("<body>")[1].split("Worse than the median")[0]
    assert "deaf_in_every_run" in found.to_json()

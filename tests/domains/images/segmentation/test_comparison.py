"""Runs of masks side by side: graded scores, of which less is better."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.stats import ttest_1samp

from tfapp.base.errors import ConfigError
from tfapp.comparison import wording as say
from tfapp.comparison.compared import compare_records
from tfapp.comparison.files import write_comparison
from tfapp.comparison.missed import missed_examples, missed_section
from tfapp.comparison.page import comparison_report
from tfapp.comparison.record import Row, read_record
from tfapp.domains.images.segmentation.results import METRIC
from tfapp.domains.images.thumbnails import file_tile
from tfapp.report.blocks import Gallery, Table
from tfapp.report.page import render_report
from tfapp.tasks.results import Quantity

SHARP = [0.02, 0.03, 0.025, 0.04, 0.03, 0.05, 0.02, 0.03]
BLUNT = [0.08, 0.09, 0.07, 0.13, 0.09, 0.14, 0.08, 0.10]


@pytest.fixture
def read(fake_masks_run, tmp_path):
    """Write a run and read it again."""

    def made(name, errors, number=1, seed=0, train=12, test="t"):
        options = {"test": test, "seed": seed, "train": train}
        folder = fake_masks_run(tmp_path, name, number, errors, **options)
        recipe = {"name": name, "task": "image_segmentation", "seed": seed}
        return read_record(folder, recipe | {"model": name, "data": {"limit": train}})

    return made


def section(report, title):
    """Return a section by its title."""
    return next(s for s in report.sections if s.title == title)


def test_a_run_is_read(read):
    """Scores of images by content, classes from the figures, what is not known."""
    record = read("sharp", SHARP, train=5)
    assert record.labels == ("nothing", "cell")
    assert sorted(row.score for row in record.rows.values()) == sorted(SHARP)
    assert record.figures["pixel_error"] == pytest.approx(np.mean(SHARP))
    assert np.isnan(record.figures["rand_f_score"])
    assert set(record.intervals) == {"iou"}
    assert (record.trained_on, record.strata) == (5, 1)


def test_the_lowest_error_is_the_best_and_the_words_say_so(read):
    """Differences are in points of error: the better group's is below zero."""
    found = compare_records([read("blunt", BLUNT), read("sharp", SHARP)])
    assert found.best == 1
    assert say.conclusion(found).startswith("“sharp” has the lowest pixel error, 3.1")
    assert say.difference(found.to_best(0), "%") == "+6.69\u00a0points"
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
    quantities = {quantity.key: quantity for quantity in METRIC.others}
    iou, (low, high) = group.figure("iou").mean, group.interval_of(quantities["iou"])
    stretched = 2.364624 / 1.959964 * (8 / 7) ** 0.5  # t of 7 degrees of freedom
    assert low == pytest.approx(iou - stretched * (iou - (0.9 - 2 * np.mean(SHARP))))
    assert high == 1.0
    assert group.interval_of(quantities["dice"]) is None
    seeds = [SHARP, [e + 0.02 for e in SHARP]]
    runs = [read("sharp", e, n + 1, seed=n) for n, e in enumerate(seeds)]
    (several,) = compare_records(runs).groups
    half = (exact[1] - exact[0]) / 2, 12.706205 * 0.02 / 2  # t of 1 degree of freedom
    centre = np.mean(SHARP) + 0.01
    assert several.interval == pytest.approx((0.0, centre + np.hypot(*half)))
    assert several.interval_of(quantities["iou"])[0] < low


def test_few_images_are_told(read):
    """Five cannot settle anything, eight can settle one difference."""
    few = compare_records([read("a", SHARP[:5]), read("b", BLUNT[:5])])
    assert not few.pairs[0].real
    assert few.pairs[0].estimate.p_value >= 2 / 2**5
    assert few.notes[0].startswith("Too few test images, 5, to call any difference")
    assert "p = 0.062" in few.notes[0]
    assert "takes 6 images at least" in few.notes[0]
    enough = compare_records([read("a", SHARP), read("b", BLUNT)])
    assert enough.pairs[0].real
    assert not any("Too few" in note for note in enough.notes)


def test_other_test_images_are_not_paired(read):
    """By the content of image and mask."""
    found = compare_records([read("a", SHARP), read("b", BLUNT, test="u")])
    assert not found.pairs[0].estimate.paired
    assert found.missed == ()
    assert any("so images cannot be paired" in note for note in found.notes)


def test_sizes_make_a_curve_of_images(read):
    """Training images in all, not for each class."""
    runs = [read("u", BLUNT, 1, train=4), read("u", SHARP, 2)]
    found = compare_records(runs)
    assert [line.members for line in found.lines] == [(0, 1)]
    _, table = section(comparison_report(found), "Learning curve").blocks
    assert table.header[1] == "Images"
    assert [row[1] for row in table.rows] == ["4", "12"]


def missed(read, *runs):
    """Return what all runs had trouble with, given the errors of each."""
    records = [read(f"r{i}", errors, i) for i, errors in enumerate(runs)]
    return missed_examples(records, sorted(records[0].rows))


def test_images_above_every_runs_median_are_hard(read):
    """However good or bad a run is as a whole."""
    runs = [0.1, 0.2, 0.3, 0.4, 0.5], [0.01, 0.04, 0.02, 0.045, 0.05]
    found = missed(read, *runs)
    assert [row.name for row in found] == ["/data/images/t4.png", "/data/images/t3.png"]
    assert found[0].scores == (0.5, 0.05)
    assert found[0].columns["iou"] == pytest.approx(0.45)
    assert found[0].to_json()["score"] == pytest.approx(0.275)
    assert missed(read, [0.1, 0.1, 0.1]) == ()
    assert missed_examples([read("a", SHARP)], ()) == ()


def test_hard_images_are_listed_and_shown_where_there_are_files(read, tmp_path):
    """A table of errors, and pictures of the files that are here."""
    image = tmp_path / "3.png"
    Image.new("L", (20, 10)).save(image)
    rows = missed(read, SHARP, BLUNT)
    here = [replace(rows[0], name=str(image)), *rows[1:]]
    table, gallery = missed_section(here, METRIC, 8, file_tile).blocks
    assert isinstance(table, Table)
    assert table.header[:4] == ("Example", "Pixel error", "Best run", "Worst run")
    assert table.rows[0][:5] == (
        "3.png",
        "9.5\u00a0%",
        "5.0\u00a0%",
        "14.0\u00a0%",
        "81.0\u00a0%",
    )
    assert table.rows[0][-1] == "n/a"  # no Rand F-score
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
    assert rows[0]["rand_f_score"] == ""
    assert "dice_low" not in rows[0]  # no run has one
    assert float(rows[0]["iou_low"]) < float(rows[0]["iou"])
    assert float(rows[1]["to_best_difference"]) == pytest.approx(0.066875)


def with_interval(text, interval):
    """Return metrics.json with another interval of the IoU."""
    return json.dumps(json.loads(text) | {"iou_interval": interval})


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("scores.csv", lambda t: t.replace(",0.05,", ",x,"), "could not convert"),
        ("scores.csv", lambda t: t.replace(",0.05,", ",0.06,"), "its pixel error"),
        ("scores.csv", lambda t: t.replace("weight", "area"), "lacks 'weight'"),
        ("scores.csv", lambda t: t.replace(",80,", ",0,"), "its weight 0"),
        ("metrics.json", lambda t: t.replace('"iou":', '"io":'), "it lacks 'iou'"),
        ("metrics.json", lambda t: with_interval(t, ["x", 1]), "could not convert"),
        ("metrics.json", lambda t: with_interval(t, [0, np.nan]), "is not finite"),
        ("metrics.json", lambda t: with_interval(t, []), "not enough values"),
    ],
)
def test_damaged_files_are_named(fake_masks_run, tmp_path, name, change, message):
    """One line with the file, what is wrong with it, and the way out."""
    path = fake_masks_run(tmp_path, "sharp", 1, SHARP) / name
    path.write_text(change(path.read_text()))
    (path.parent / "checksums.json").unlink()  # which would name it first
    with pytest.raises(ConfigError, match=message) as caught:
        read_record(path.parent, {})
    assert str(caught.value).startswith(f"{path} cannot be used: ")
    assert "\n" not in str(caught.value)


def test_images_of_several_sizes_count_by_their_pixels(read):
    """The figure is that of the report: wrong pixels over all pixels."""
    record = read("sharp", SHARP)
    rows = {
        key: row._replace(weight=float(i + 1))
        for i, (key, row) in enumerate(record.rows.items())
    }
    larger = replace(record, rows=rows)
    weights = np.arange(1, len(SHARP) + 1)
    assert np.mean(list(larger.contributions.values())) == pytest.approx(
        np.average(SHARP, weights=weights)
    )


def test_a_metric_describes_itself_and_nothing_else_is_needed(read):
    """Another name, unit, direction and noun are all the page needs."""
    metric = replace(
        METRIC,
        title="Return",
        short="return",
        unit="",
        bounds=(-np.inf, np.inf),
        better="higher",
        scores="graded",
        others=(Quantity("iou", "Loss", "loss", "nats"),),
        examples="episodes",
    )

    def changed(name, values):
        record = read(name, SHARP)
        rows = {key: Row(key, v) for key, v in zip(record.rows, values, strict=True)}
        figures = record.figures | {"pixel_error": float(np.mean(values))}
        return replace(record, metric=metric, rows=rows, figures=figures)

    low, high = [100.0 * e - 3.0 for e in SHARP], [100.0 * e + 20.0 for e in BLUNT]
    found = compare_records([changed("a", low), changed("b", high)])
    assert say.conclusion(found).startswith("“b” has the highest return, 29.75")
    page = render_report(comparison_report(found))
    for words in (
        "Test episodes",
        "Loss (nats)",
        f"{len(found.missed)} hard in every run",
        "and test episodes.",
        "+29.69",
    ):
        assert words in page, words
    body = page.split("<body>")[1]
    assert "pixel" not in body.lower()
    assert "points" not in body.replace("differences are points", "")
    json.dumps(found.to_json(), allow_nan=False)

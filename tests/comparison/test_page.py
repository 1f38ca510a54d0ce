"""Tests of the page, the pictures, the words and the tables of a comparison."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tfapp.comparison import wording as say
from tfapp.comparison.charts import LOOKS, score_picture, size_picture
from tfapp.comparison.compared import compare_records
from tfapp.comparison.files import write_comparison
from tfapp.comparison.groups import Figure
from tfapp.comparison.page import comparison_report
from tfapp.comparison.record import Row, RunRecord
from tfapp.domains.images.thumbnails import file_tile
from tfapp.problems.classification.results import accuracy_metric
from tfapp.report import style
from tfapp.report.blocks import Gallery, Table
from tfapp.report.page import render_report
from tfapp.tasks.results import Baseline

BETTER = [1] * 90 + [0] * 10
WORSE = [1] * 60 + [0] * 40
NAME = "<b>$x$ & co"


def record(name, correct, *, seed=0, limit=50, root="t", baselines=(), **settings):
    """Return a run with one answer per entry of `correct`."""
    rows = {
        f"{i}": Row(
            f"{root}/{i}.png",
            float(ok),
            1.0,
            {"label": "cat", "predicted": "cat" if ok else "dog", "loss": "1.0"},
        )
        for i, ok in enumerate(correct)
    }
    accuracy = float(np.mean(correct))
    return RunRecord(
        folder=Path("runs") / name / str(seed + 1),
        recipe={
            "name": name,
            "task": "image_classification",
            "seed": seed,
            "data": {"limit": limit},
            **settings,
        },
        metric=accuracy_metric("images"),
        figures={
            "accuracy": accuracy,
            "macro_f1": accuracy,
            "log_loss": 0.5,
            "expected_calibration_error": 0.1,
            "seconds": 60.0,
        },
        labels=("cat", "dog"),
        rows=rows,
        trained_on=2 * limit,
        strata=2,
        baselines=baselines,
    )


@pytest.fixture
def curves():
    """Two systems at two sizes, two seeds each."""
    return compare_records(
        [
            record(name, correct, limit=limit, seed=seed, system=name)
            for name, correct in (("one", BETTER), (NAME, WORSE))
            for limit in (5, 50)
            for seed in (0, 1)
        ]
    )


def section(report, title):
    """Return a section by its title."""
    return next(s for s in report.sections if s.title == title)


def texts(figure):
    """Draw as SVG, parse it, and return every text in it."""
    root = ElementTree.fromstring(style.to_svg(figure))
    return [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_page_has_every_section_and_escapes_names(curves):
    """Names of recipes are text, whatever they hold."""
    report = comparison_report(curves)
    assert [s.title for s in report.sections] == [
        "Accuracy",
        "Learning curve",
        "Which differences are real",
        "What differs",
        "Wrong in every run",
        "Runs",
        "How to read this",
    ]
    page = render_report(report)
    assert "<b>" not in page
    assert "&lt;b&gt;$x$ &amp; co" in page
    assert "http" not in page.split("<body>")[1]


def test_every_pair_is_in_the_table_the_surest_first(curves):
    """Differences are told from the better one's side, so none is below zero."""
    (table,) = section(comparison_report(curves), "Which differences are real").blocks
    assert isinstance(table, Table)
    assert len(table.rows) == len(curves.pairs) == 6
    assert [row[2] for row in table.rows].count("real") == 4
    assert table.rows[0][2] == "real"
    assert all(not row[3].startswith(say.MINUS) for row in table.rows)


def test_one_run_gives_a_page_without_differences():
    """Nothing to compare, nothing claimed."""
    found = compare_records([record("one", BETTER)])
    titles = [s.title for s in comparison_report(found).sections]
    assert titles == ["Accuracy", "Runs", "How to read this"]
    assert say.conclusion(found).endswith(
        "1\u00a0run of one recipe, nothing to compare."
    )


def test_mistakes_of_all_are_shown_as_pictures_where_there_are_files(tmp_path):
    """The files of the runs are looked for; without them there is a table."""
    Image.new("RGB", (200, 100)).save(tmp_path / "60.png")
    runs = [record(name, WORSE, root=str(tmp_path), system=name) for name in ("a", "b")]
    found = comparison_report(compare_records(runs), file_tile)
    (gallery,) = section(found, "Wrong in every run").blocks
    assert isinstance(gallery, Gallery)
    (tile,) = gallery.tiles
    assert (tile.caption, tile.path) == ("cat → dog", str(tmp_path / "60.png"))
    runs = [record(name, WORSE, system=name) for name in ("a", "b")]
    found = comparison_report(compare_records(runs), file_tile)
    (table,) = section(found, "Wrong in every run").blocks
    assert isinstance(table, Table)
    assert table.header == ("Example", "Label", "Predicted")
    assert len(table.rows) == 24


def test_accuracies_are_drawn_with_intervals_and_runs(curves):
    """A row per group; the axis ends a little beyond the intervals."""
    figure = score_picture(curves.groups)
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        group.name for group in curves.groups
    ]
    low, high = axes.get_xlim()
    assert low < min(group.interval[0] for group in curves.groups)
    assert high > max(group.interval[1] for group in curves.groups)
    assert "Test accuracy, with its 95 % interval" in texts(figure)


def test_learning_curves_have_a_logarithmic_axis_and_a_line_each(curves):
    """Points stand at the training examples per class."""
    figure = size_picture(curves.groups, curves.lines)
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert [list(c.lines[0].get_xdata()) for c in axes.containers] == [[5, 50]] * 2
    assert {"5", "50", "one", NAME} <= set(texts(figure))


def test_no_two_lines_look_alike():
    """Colour, dashes and marker together tell lines apart, and markers alone."""
    assert len({marker for _, _, marker in LOOKS}) == len(LOOKS)


def test_words_for_numbers():
    """Spreads only where there are several runs; signs that print well."""
    assert say.share(Figure(0.98931, 0.0008), 3) == "98.93 ± 0.08\u00a0%"
    assert say.share(Figure(0.5, 0.0), 1) == "50.00\u00a0%"
    assert say.number(Figure(0.04123, 0.001), 2) == "0.0412 ± 0.0010"
    assert say.interval(0.9, 0.95123, "%") == "90.00–95.12\u00a0%"
    assert say.interval(0.3612, 12.5, "") == "0.3612–12.50"
    assert say.number(Figure(1234.5, 20.25), 2) == "1,234 ± 20"
    assert [say.probability(p) for p in (0.0004, 0.04, 1.0)] == [
        "< 0.001",
        "0.040",
        "1.000",
    ]


def test_the_conclusion_says_what_is_certain():
    """A clear lead, a lead that may be chance, and several rivals."""
    one, two = record("one", BETTER, o=1), record("two", WORSE, o=2)
    clear = compare_records([one, two])
    assert "its lead of 30.0\u00a0points over “two” is real" in say.conclusion(clear)
    three = compare_records([one, two, record("worst", WORSE, o=3)])
    assert "its lead of at least 30.0\u00a0points over every other is real" in (
        say.conclusion(three)
    )
    assert say.difference(clear.to_best(1), "%") == "−30.00\u00a0points"
    assert say.verdict(clear.to_best(1)) == "real"
    near = record("near", [1] * 89 + [0] * 11, o=3)
    assert "its lead of 1.0\u00a0points over “near” could be chance" in (
        say.conclusion(compare_records([one, near]))
    )
    many = compare_records([one, two, near])
    assert "1 of the 2 others may be as good: “near”" in say.conclusion(many)


def test_tables_for_programs(curves, tmp_path):
    """JSON holds everything, CSV a row per group with the settings that differ."""
    write_comparison(tmp_path, curves)
    stored = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(curves.to_json()))
    assert len(stored["pairs"]) == 6
    assert stored["groups"][0]["runs"][1]["seed"] == 1
    assert stored["learning_curves"][0]["name"] == "one"
    with (tmp_path / "comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == [group.name for group in curves.groups]
    best = rows[curves.best]
    assert best["to_best_difference"] == best["to_best_real"] == ""
    assert rows[2]["to_best_real"] == "true"
    assert float(rows[2]["accuracy"]) == pytest.approx(
        curves.groups[2].scores.mean, abs=1e-6
    )
    assert rows[0]["data.limit"] == "5"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "comparison.csv",
        "comparison.json",
    ]


def test_baselines_are_on_the_page():
    """In the headline, the picture and a table; their names are text."""
    simple = (Baseline("<i>nearest</i>", 0.7, (0.6, 0.8)),)
    runs = [
        record(n, c, o=n, baselines=simple) for n, c in (("a", BETTER), ("b", WORSE))
    ]
    comparison = compare_records(runs)
    report = comparison_report(comparison)
    assert report.headline[1].value == "70.0\u00a0%"
    tables = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert tables[1].rows == (("<i>nearest</i>", "70.0\u00a0%", "60.00–80.00\u00a0%"),)
    assert "beats “b” (60.0\u00a0%)" in render_report(report)
    assert "<i>" not in render_report(report)
    drawn = texts(score_picture(comparison.groups, comparison.baselines))
    assert "<i>nearest</i>" in drawn

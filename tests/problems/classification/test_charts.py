"""Tests of tfapp.problems.classification.charts, curves and style."""

import io
import re
from importlib.resources import files
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tfapp.problems.classification import charts
from tfapp.problems.classification.calibration import softmax
from tfapp.report import curves, style

ODD_NAMES = [
    "<script>alert(1)</script>",
    "$x$ & co",
    "漢字",
    "x" * 300,
    "a\udce9\n\x01",
]


def _texts(figure):
    """Draw as SVG, parse it, and return every text in it."""
    root = ElementTree.fromstring(style.to_svg(figure))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]


def _history(*lengths):
    return [
        {
            "phase": f"phase_{i}",
            "best_epoch": length,
            "epochs": [
                {
                    "loss": 1 / k,
                    "val_loss": 1.1 / k,
                    "accuracy": 0.8,
                    "val_accuracy": 0.7,
                }
                for k in range(1, length + 1)
            ],
        }
        for i, length in enumerate(lengths)
    ]


@pytest.mark.parametrize("lengths", [(1,), (5,), (60, 5), (3, 1, 4)])
def test_learning_curves_show_every_phase(lengths):
    """One panel per phase, named, with its kept epoch marked."""
    figure = curves.learning_curves(_history(*lengths), "loss")
    assert [a.get_title(loc="left") for a in figure.axes] == [
        f"Phase {i}" for i in range(len(lengths))
    ]
    for axes, length in zip(figure.axes, lengths, strict=True):
        training, validation, kept = axes.lines
        assert len(training.get_xdata()) == len(validation.get_xdata()) == length
        assert kept.get_xdata() == [length, length]
    assert {"Training", "Validation", "Kept weights", "Epoch"} <= set(_texts(figure))


def test_learning_curves_do_without_validation_and_mark_kept_starting_weights():
    """No validation line without figures; epoch 0 is inside the picture."""
    phase = {"phase": "head", "best_epoch": 0, "epochs": [{"loss": 1.0}]}
    figure = curves.learning_curves([phase], "loss")
    assert "Validation" not in _texts(figure)
    assert figure.axes[0].get_xlim()[0] < 0


def test_losses_over_orders_of_magnitude_get_a_logarithmic_axis():
    """From 1 to 1/60 is more than a factor of 30; 1 to 1/5 is not."""
    assert curves.learning_curves(_history(60), "loss").axes[0].get_yscale() == "log"
    assert curves.learning_curves(_history(5), "loss").axes[0].get_yscale() == "linear"
    _texts(curves.learning_curves(_history(60), "loss"))


def test_losses_that_are_not_finite_leave_gaps():
    """NaN and infinity are no reason to fail."""
    epochs = [{"loss": float("nan")}, {"loss": float("inf")}, {"loss": None}]
    figure = curves.learning_curves([{"phase": "a", "epochs": epochs}], "loss")
    assert "Epoch" in _texts(figure)


def test_accuracies_read_in_percent():
    """Accuracy of 0.8 stands at 80 %."""
    texts = _texts(curves.learning_curves(_history(5), "accuracy"))
    assert "80\u00a0%" in texts
    assert "Accuracy" in texts


@pytest.mark.parametrize("num_classes", [2, 10, 20, 120])
def test_confusion_matrix_is_readable_at_every_size(num_classes):
    """Counts up to 20 classes; at most 40 names a side beyond."""
    counts = np.eye(num_classes, dtype=int) * 1234
    names = [f"class {i}" for i in range(num_classes)]
    figure = charts.confusion_picture(counts, names)
    texts = _texts(figure)
    assert texts.count("1,234") == (num_classes if num_classes <= 20 else 0)
    assert texts.count("class 0") == 2
    assert sum(t.startswith("class") for t in texts) <= 80
    assert max(figure.get_size_inches()) < 11


def test_confusion_colours_are_shares_of_rows():
    """Blue on the diagonal by share, orange beside it by its square root."""
    heat = charts._heat(np.array([[3, 1], [0, 0]]), np.array([[0.75, 0.25], [0, 0]]))
    assert heat[0, 0, 3] == pytest.approx(0.1 + 0.9 * 0.75)
    assert heat[0, 1, 3] == pytest.approx(0.1 + 0.9 * 0.5)
    assert heat[0, 0, 2] > heat[0, 0, 0]
    assert heat[0, 1, 0] > heat[0, 1, 2]
    assert heat[1, 1, 3] < 0.1


def test_odd_class_names_are_cut_and_kept_literally():
    """Markup, dollar signs, foreign scripts and long names do no harm."""
    figure = charts.confusion_picture(np.eye(5, dtype=int), ODD_NAMES)
    texts = _texts(figure)
    assert "$x$ & co" in texts
    assert "漢字" in texts
    assert "a\\udce9\\n\\x01" in texts
    assert max(map(len, texts)) <= 16
    assert b"<script>" not in style.to_svg(figure)


@pytest.mark.parametrize("num_classes", [2, 3])
def test_reliability_picture_gives_both_errors(num_classes):
    """The legend gives the calibration error before and after."""
    random = np.random.default_rng(0)
    correct = random.random(100) < 1 / num_classes
    logits = random.normal(size=(100, num_classes))
    before, after = (softmax(logits * by).max(axis=1) for by in (4, 1))
    texts = _texts(charts.reliability_picture(before, after, correct))
    assert sum(t.startswith("Before (ECE ") for t in texts) == 1
    assert sum(t.startswith("After (ECE ") for t in texts) == 1
    assert "Examples" in texts


def test_f1_picture_shows_the_weakest_classes_first():
    """Above the limit, the strongest are left out, and the title says so."""
    per_class = {f"c{i}": {"f1": i / 10, "support": 5} for i in range(5)}
    per_class["absent"] = {"f1": None, "support": 0}
    figure = charts.f1_picture(per_class, most=3)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["c0", "c1", "c2"]
    assert "Lowest 3 of 5 F1 scores" in _texts(figure)
    assert "F1 score by class" in _texts(charts.f1_picture(per_class))


def test_png_is_an_opaque_picture():
    """The PNG has the size asked for, on white."""
    figure = curves.learning_curves(_history(2), "loss")
    with Image.open(io.BytesIO(style.to_png(figure, 100))) as image:
        assert image.format == "PNG"
        assert image.size == tuple(round(s * 100) for s in figure.get_size_inches())
        assert image.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_the_same_figures_give_the_same_bytes():
    """Reports of equal runs are equal: no date, no random ids."""
    draw = lambda: style.to_svg(curves.learning_curves(_history(3), "loss"))  # noqa: E731
    assert draw() == draw()


def test_inline_svg_follows_the_theme_and_links_to_nothing():
    """Colours become variables, ids get a prefix that all references use."""
    svg = style.to_svg(curves.learning_curves(_history(3), "loss"))
    text = style.inline_svg(svg, "first")
    assert "http" not in text
    assert "xmlns" not in text
    assert "<style" not in text
    colours = re.findall(r"(?:fill|stroke): (#\w+)", text)
    assert not set(colours) & set(style.PALETTE.values())
    assert "var(--accent, #0072b2)" in text
    ids = set(re.findall(r' id="([^"]*)"', text))
    references = set(re.findall(r'(?:href="#|url\(#)([^")]*)', text))
    assert references
    assert references <= ids
    assert all(name.startswith("first-") for name in ids)


def test_the_page_defines_every_colour_for_both_themes():
    """The light values in page.css are those of the pictures."""
    css = files("tfapp.report").joinpath("page.css").read_text(encoding="utf-8")
    light, dark = css.split("prefers-color-scheme: dark")
    for name, value in style.PALETTE.items():
        assert f"--{name}: {value};" in light
        assert f"--{name}: #" in dark

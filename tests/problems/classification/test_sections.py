"""Tests of the sections of a classifier, up to the whole page of a run."""

import numpy as np
import pytest

from tfapp.domains.images.gallery_sections import mistakes_section, sample_section
from tfapp.problems.classification.calibration import softmax
from tfapp.problems.classification.sections import classification_sections
from tfapp.problems.classification.verdict import classification_findings
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Gallery
from tfapp.report.page import render_report, write_report
from tfapp.report.run_report import run_report
from tfapp.report.run_sections import RunFacts

RECIPE = Recipe.model_validate(
    {"task": "image_classification", "data": {"path": "x"}, "model": {"name": "m"}}
)
HISTORY = [
    {
        "phase": "head",
        "best_epoch": 2,
        "epochs": [
            {"loss": 1.0, "accuracy": 0.5, "val_loss": 0.9, "val_accuracy": 0.6},
            {"loss": 0.4, "accuracy": 0.9, "val_loss": 0.5, "val_accuracy": 0.9},
        ],
    }
]


@pytest.fixture
def judged(judged_classifier):
    """Judge a classifier of some classes."""

    def make(num_classes, *, names=None, strength=3.0, validation=True):
        splits = {}
        for seed, split in enumerate(("train", "validation", "test")):
            labels = np.arange(max(60, num_classes)) % num_classes
            random = np.random.default_rng(seed)
            logits = random.normal(size=(len(labels), num_classes))
            logits[np.arange(len(labels)), labels] += strength
            splits[split] = labels, logits
        if not validation:
            del splits["validation"]
        names = names or [f"class {i}" for i in range(num_classes)]
        return judged_classifier(names, splits)

    return make


def _report(results, dataset):
    facts = RunFacts(
        "animals",
        3,
        saved_model="saved_models/animals/3",
        model="m",
        history=HISTORY,
        notes=("cache: memory",),
    )
    sections = (
        *classification_sections(results),
        mistakes_section(results, dataset, None),
        sample_section(dataset, "images"),
    )
    return run_report(
        facts,
        results,
        dataset.examples,
        dataset.info.labels,
        classification_findings(results, HISTORY, RECIPE),
        [section for section in sections if section],
    )


def _section(report, title):
    return next(s for s in report.sections if s.title == title)


@pytest.mark.slow
@pytest.mark.parametrize("num_classes", [2, 10, 120])
def test_the_page_is_complete_and_small(judged, num_classes, tmp_path):
    """All sections, in the order of use, in far less than 1.5 MB."""
    report = _report(*judged(num_classes))
    assert [section.title for section in report.sections] == [
        "What to do next",
        "Training",
        "Confusion",
        "Classes",
        "Confidence",
        "Worst mistakes",
        "Sample of the data",
        "Data",
        "Reproducibility",
    ]
    write_report(tmp_path / "report.html", report)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(html) < 1_000_000
    assert "http" not in html.replace("http-equiv", "")
    for text in ("cache: memory", "saved_models/animals/3"):
        assert text in html


def test_without_mistakes_their_section_is_left_out(judged):
    """Perfect answers: no gallery, no table of pairs, a page all the same."""
    report = _report(*judged(3, strength=50.0))
    assert "Worst mistakes" not in [section.title for section in report.sections]
    assert len(_section(report, "Confusion").blocks[0].blocks) == 1
    assert "0 of 60" in _section(report, "Confusion").lead
    assert "Not one mistake." in render_report(report)


def test_without_validation_no_temperature_is_claimed(judged):
    """No column of validation scores, and the lead says why."""
    report = _report(*judged(3, validation=False))
    section = _section(report, "Confidence")
    assert section.lead.startswith("Without a validation split")
    assert section.blocks[0].blocks[1].header == ("Score", "Test")


def test_markup_in_names_is_text(judged):
    """A class called <script> is shown, not run."""
    names = ["<script>alert(1)</script>", "$a$ & 'b'", "漢字\udce9"]
    html = render_report(_report(*judged(3, names=names)))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "$a$ &amp; &#x27;b&#x27;" in html


def test_worst_mistakes_show_classes_confidence_and_path(judged_classifier):
    """The most confident first, unreadable images included."""
    logits = np.array([[3.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 4.0]])
    results, dataset = judged_classifier(["cat", "dog"], {"test": ([0] * 4, logits)})
    (gallery,) = mistakes_section(results, dataset, None).blocks
    assert isinstance(gallery, Gallery)
    confidence = [f"{softmax(row).max() * 100:.1f}" for row in logits]
    assert [(tile.caption, tile.path) for tile in gallery.tiles] == [
        (f"cat → dog, {confidence[3]}\u00a0%", "test/3.png"),
        (f"cat → dog, {confidence[1]}\u00a0%", "test/1.png"),
    ]


def test_the_sample_shows_every_class_by_name(judged):
    """Few classes get a row each; many get one tile each."""
    few = sample_section(judged(3)[1], "images")
    assert [gallery.title for gallery in few.blocks] == [
        "class 0",
        "class 1",
        "class 2",
    ]
    assert all(len(gallery.tiles) == 6 for gallery in few.blocks)
    many = sample_section(judged(60)[1], "images")
    assert len(many.blocks[0].tiles) == 48
    assert many.lead.startswith("Training images of 48 of 60 classes")

"""Tests of the classification report, from logits to the page."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.domains.images.gallery_sections import mistakes_section
from tfapp.problems.classification.calibration import softmax
from tfapp.problems.classification.evaluate import evaluate_logits
from tfapp.problems.classification.examples import labelled
from tfapp.problems.classification.report import classification_report
from tfapp.problems.classification.report_inputs import ClassificationReportInputs
from tfapp.report.blocks import Columns, Gallery, Table
from tfapp.report.page import render_report, write_report
from tfapp.report.run_sections import RunFacts

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


def _read(example):
    if example.name.endswith("3.png"):
        raise FileNotFoundError(example.name)
    stream = io.BytesIO()
    Image.new("L", (8, 8), sum(map(ord, example.name)) % 255).save(stream, "PNG")
    return stream.getvalue()


def _inputs(num_classes, *, names=None, strength=3.0, validation=True, **options):
    names = names or [f"class {i}" for i in range(num_classes)]
    examples, logits = {}, {}
    for seed, split in enumerate(("train", "validation", "test")):
        labels = np.arange(max(60, num_classes)) % num_classes
        random = np.random.default_rng(seed)
        logits[split] = random.normal(size=(len(labels), num_classes))
        logits[split][np.arange(len(labels)), labels] += strength
        examples[split] = tuple(
            labelled(f"{split}/{i}.png", names[k], split) for i, k in enumerate(labels)
        )
    held = (logits["validation"], labels) if validation else None
    metrics = evaluate_logits(logits["test"], labels, names, held)
    facts = RunFacts("animals", 3, saved_model="saved_models/animals/3", model="m")
    if not validation:
        examples["validation"] = ()
    return ClassificationReportInputs(
        **{
            "facts": facts,
            "recipe": {"seed": 0},
            "class_names": tuple(names),
            "examples": examples,
            "read": _read,
            "logits": logits["test"],
            "metrics": metrics,
            "history": HISTORY,
            "check": {"lines": ["2 files left out"]},
            "notes": ("cache: memory",),
        }
        | options
    )


def _section(report, title):
    return next(s for s in report.sections if s.title == title)


@pytest.mark.parametrize("num_classes", [2, 10, 120])
def test_the_page_is_complete_and_small(num_classes, tmp_path):
    """All sections, in the order of use, in far less than 1.5 MB."""
    report = classification_report(_inputs(num_classes))
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
    for text in ("2 files left out", "cache: memory", "saved_models/animals/3"):
        assert text in html


def test_the_headline_gives_accuracy_with_its_interval_in_words():
    """The first figure is honest about its uncertainty."""
    inputs = _inputs(2)
    first, trained, *_ = classification_report(inputs).headline
    accuracy = inputs.metrics["accuracy"]
    assert first.value == f"{accuracy * 100:.1f}\u00a0%"
    assert first.detail.startswith("of 60 unseen images right; 95 % interval ")
    assert trained.value == "60\u00a0images"
    assert trained.detail == "60 for validation; 60 for the test"


def test_a_split_that_chose_the_model_is_not_called_unseen():
    """Judged on validation, the headline says so."""
    inputs = _inputs(2, split="validation", noun="photos")
    detail = classification_report(inputs).headline[0].detail
    assert detail.startswith("of 60 validation photos right")


def test_without_mistakes_their_section_is_left_out():
    """Perfect answers: no gallery, no table of pairs, a page all the same."""
    report = classification_report(_inputs(3, strength=50.0))
    assert "Worst mistakes" not in [section.title for section in report.sections]
    assert len(_section(report, "Confusion").blocks[0].blocks) == 1
    assert "0 of 60" in _section(report, "Confusion").lead
    assert "Not one mistake." in render_report(report)


def test_without_validation_no_temperature_is_claimed():
    """No column of validation scores, and the lead says why."""
    report = classification_report(_inputs(3, validation=False))
    section = _section(report, "Confidence")
    assert section.lead.startswith("Without a validation split")
    assert section.blocks[0].blocks[1].header == ("Score", "Test")


def test_without_history_the_training_section_is_left_out():
    """An imported model can be reported too; so can a phase cut before an epoch."""
    for history in ((), [{"phase": "head", "epochs": [], "best_epoch": 0}]):
        report = classification_report(_inputs(2, history=history))
        assert "Training" not in [section.title for section in report.sections]


def test_one_epoch_is_enough():
    """A single epoch is described and drawn."""
    history = [{"phase": "head", "epochs": [{"loss": 1.0}], "best_epoch": 1}]
    section = _section(classification_report(_inputs(2, history=history)), "Training")
    assert section.lead == "Head: 1\u00a0epoch, weights of epoch 1 kept."
    (columns,) = section.blocks
    assert isinstance(columns, Columns)
    (picture,) = columns.blocks
    assert picture.alt == "Loss over the epochs: training from 1 to 1."


def test_markup_in_names_is_text():
    """A class called <script> is shown, not run."""
    names = ["<script>alert(1)</script>", "$a$ & 'b'", "漢字\udce9"]
    html = render_report(classification_report(_inputs(3, names=names)))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "$a$ &amp; &#x27;b&#x27;" in html


def test_class_table_has_the_interval_of_the_recall():
    """A class without examples is told as not available."""
    inputs = _inputs(2, names=["a", "b"])
    logits = np.array([[2.0, 0.0]] * 4)
    examples = {"test": tuple(labelled(str(i), "a", "test") for i in range(4))}
    metrics = evaluate_logits(logits, np.zeros(4, int), ["a", "b"])
    inputs = _inputs(
        2, names=["a", "b"], logits=logits, examples=examples, metrics=metrics
    )
    table = _section(classification_report(inputs), "Classes").blocks[0].blocks[1]
    assert isinstance(table, Table)
    every = "100.0\u00a0%"
    assert table.rows[0] == ("a", every, every, "51.0–100.0\u00a0%", every, "4")
    assert table.rows[1] == ("b", "n/a", "n/a", "n/a", "n/a", "0")


def test_worst_mistakes_tell_classes_confidence_and_path():
    """The most confident first, unreadable images included."""
    logits = np.array([[0.0, 1.0], [0.0, 4.0], [3.0, 0.0]])
    examples = {
        "test": tuple(labelled(f"test/{i}.png", "cat", "test") for i in (1, 3, 2))
    }
    metrics = evaluate_logits(logits, np.zeros(3, int), ["cat", "dog"])
    section = mistakes_section(
        _inputs(
            2, names=["cat", "dog"], logits=logits, examples=examples, metrics=metrics
        )
    )
    (gallery,) = section.blocks
    assert isinstance(gallery, Gallery)
    confidence = [f"{softmax(row).max() * 100:.1f}" for row in logits]
    assert [(tile.caption, tile.path) for tile in gallery.tiles] == [
        (f"cat → dog, {confidence[1]}\u00a0%", "test/3.png"),
        (f"cat → dog, {confidence[0]}\u00a0%", "test/1.png"),
    ]


def test_the_sample_shows_every_class_by_name():
    """Few classes get a row each; many get one tile each."""
    few = _section(classification_report(_inputs(3)), "Sample of the data")
    assert [gallery.title for gallery in few.blocks] == [
        "class 0",
        "class 1",
        "class 2",
    ]
    assert all(len(gallery.tiles) == 6 for gallery in few.blocks)
    many = _section(classification_report(_inputs(60)), "Sample of the data")
    assert len(many.blocks[0].tiles) == 48
    assert many.lead.startswith("Training images of 48 of 60 classes")

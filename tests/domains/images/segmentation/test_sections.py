"""The report of a segmentation: every section, honest words, no broken text."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tfapp.data.spec import DataInfo, Example, InputSpec
from tfapp.domains.images.segmentation.metrics import judge_image
from tfapp.domains.images.segmentation.results import (
    METRIC,
    ImageScores,
    JudgedImages,
    segmentation_results,
)
from tfapp.domains.images.segmentation.sections import segmentation_sections
from tfapp.domains.images.segmentation.verdict import segmentation_findings
from tfapp.recipes.config import Recipe
from tfapp.report.blocks import Report, Table
from tfapp.report.page import render_report
from tfapp.report.run_report import findings_section
from tfapp.tasks.results import Results

NAMES = ("background", "<cell>")


def mask(seed):
    """Return a mask of a few squares."""
    rng = np.random.default_rng(seed)
    found = np.zeros((64, 80), np.uint8)
    for y, x in rng.integers(0, 50, (4, 2)):
        found[y : y + 9, x : x + 9] = 1
    return found


def make(count=3, wrong=4):
    """Return results and data of some test images."""
    examples = {
        "train": (Example("a/train.png", "train"),),
        "test": tuple(Example(f"a/{i}.png", "test", target="x") for i in range(count)),
    }
    truths = {e.name: mask(i) for i, es in enumerate(examples.values()) for e in es}

    def read(example):
        stream = io.BytesIO()
        Image.fromarray(truths[example.name] * 200).save(stream, "PNG")
        return stream.getvalue()

    judged = []
    for example in examples["test"]:
        truth = truths[example.name]
        predicted = truth.copy()
        predicted[:wrong] = 1
        judged.append(judge_image(4.0 * np.eye(2)[predicted], truth))
    info = DataInfo({"image": InputSpec((64, 80, 1))}, (64, 80), 2, NAMES)
    dataset = SimpleNamespace(
        info=info,
        examples=examples,
        raw=lambda example: {"image_bytes": read(example)},
        truth=lambda example: truths[example.name],
    )
    return segmentation_results(examples["test"], judged, NAMES, 1.0, None), dataset


def test_every_section_is_there():
    """Overlays, worst tiles, classes, scores, a sample."""
    sections = segmentation_sections(*make())
    assert [section.title for section in sections] == [
        "Test images",
        "Worst tiles",
        "Classes",
        "Scores by image",
        "Sample of the data",
    ]
    page = render_report(Report("t", "s", make()[0].headline, tuple(sections)))
    assert "&lt;cell&gt;" in page
    assert "<cell>" not in page
    assert 'class="gallery pairs large"' in page
    assert "nan" not in page.replace("finance", "").lower().split()


def test_one_perfect_image():
    """No mistake, no interval: the report says so instead of failing."""
    results, dataset = make(count=1, wrong=0)
    titles = [s.title for s in segmentation_sections(results, dataset)]
    assert "Worst tiles" not in titles
    assert "no interval: a single image" in results.headline[0].detail


def test_scores_are_of_images():
    """A row per image: its error, its size, and what else is known of it."""
    results, _ = make()
    header = ("key", "name", "score", "weight", "iou", "dice", "rand_f_score")
    assert results.scores.header == header
    first = dict(zip(header, results.scores.rows[0], strict=True))
    assert (first["key"], first["name"]) == (" x 0", "a/0.png")
    assert first["weight"] == f"{64 * 80}"
    errors = [float(row[2]) for row in results.scores.rows]
    assert np.mean(errors) == pytest.approx(results.figures["pixel_error"])


BASE = {
    "examples": 40,
    "pixel_error": 0.05,
    "iou_interval": [0.8, 0.9],
    "rand_f_score": 0.95,
    "rand_f_score_best": 0.951,
    "rand_threshold": 0.5,
    "per_class": {"a": {"recall": 0.9}, "b": {"recall": 0.8}},
}


def recipe(**data):
    """Return a recipe of which only the data matters."""
    return Recipe.model_validate(
        {
            "task": "image_segmentation",
            "data": {"path": "x", "kind": "masks"} | data,
            "model": {"name": "unet"},
        }
    )


def rows(*errors):
    """Return scores of images."""
    return [ImageScores(f"x/{i}.png", e, 1, 1, 1, 1) for i, e in enumerate(errors)]


@pytest.mark.parametrize(
    ("change", "history", "said"),
    [
        ({}, [], "Nothing stands out"),
        ({"examples": 6}, [], "6\u00a0images cannot settle"),
        (
            {"rand_f_score": 0.7, "rand_f_score_best": 0.71},
            [],
            "Objects run together or fall apart",
        ),
        ({"rand_f_score_best": 0.99, "rand_threshold": 0.7}, [], "threshold of 0.7"),
        ({"per_class": {"a": {"recall": 0.02}}}, [], "Hardly anything of “a”"),
        ({"rows": rows(0.01, 0.02, 0.3, 0.02)}, [], "“2.png” is far worse"),
        (
            {},
            [{"phase": "train", "epochs": [{}], "stopped_by": "deadline"}],
            "The time budget ended phase “train”",
        ),
        (
            {},
            [{"phase": "t", "epochs": [{"accuracy": 0.99, "val_accuracy": 0.9}]}],
            "Training accuracy is 9.0",
        ),
        (
            {},
            [{"phase": "t", "epochs": [{"val_loss": v} for v in (0.9, 0.6, 0.4)]}],
            "still falling",
        ),
    ],
)
def test_findings(change, history, said):
    """Each rule speaks when it should, and alone."""
    results = Results(
        metric=METRIC,
        figures=BASE | change,
        calibration={},
        scores=Table((), (), ""),
        headline=(),
        evidence=JudgedImages([], change.get("rows", [])),
    )
    findings = segmentation_findings(results, history, recipe())
    (items,) = findings_section(results, findings).blocks
    assert len(items.items) == 1
    assert said in items.items[0][0]


def test_what_the_recipe_sets_is_not_advised():
    """Turns, border weights and balanced classes that are there already."""

    def advice(change, history, made):
        figures = BASE | change
        results = Results(
            metric=METRIC,
            figures=figures,
            calibration={},
            scores=Table((), (), ""),
            headline=(),
            evidence=JudgedImages([], []),
        )
        (found,) = segmentation_findings(results, history, made)
        return found[1]

    gap = [{"phase": "t", "epochs": [{"accuracy": 0.99, "val_accuracy": 0.9}]}]
    turned = recipe(augmentation={"flip": "both", "quarter_turns": True})
    assert "quarter_turns" in advice({}, gap, recipe())
    assert advice({}, gap, turned) == "The model memorises: use more data with masks."
    assert "elastic" not in advice({}, gap, recipe())
    lost = {"per_class": {"a": {"recall": 0.02}}}
    assert "balance_classes" in advice(lost, [], recipe())
    assert "set" not in advice(lost, [], recipe(options={"balance_classes": True}))
    merged = {"rand_f_score": 0.7, "rand_f_score_best": 0.71}
    assert "border_weight = 1" in advice(merged, [], recipe())
    assert "set" not in advice(merged, [], recipe(options={"border_weight": 1.0}))

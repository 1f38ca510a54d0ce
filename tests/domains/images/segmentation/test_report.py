"""The report of a segmentation: every section, honest words, no broken text."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.data.spec import Example
from tfapp.domains.images.segmentation.files import image_rows, write_image_scores
from tfapp.domains.images.segmentation.galleries import SegmentationReportInputs
from tfapp.domains.images.segmentation.metrics import judge_image, segmentation_metrics
from tfapp.domains.images.segmentation.report import segmentation_report
from tfapp.domains.images.segmentation.verdict import (
    SegmentationFigures,
    segmentation_findings,
)
from tfapp.report.page import render_report
from tfapp.report.run_sections import RunFacts

NAMES = ("background", "<cell>")


def mask(seed):
    """Return a mask of a few squares."""
    rng = np.random.default_rng(seed)
    found = np.zeros((64, 80), np.uint8)
    for y, x in rng.integers(0, 50, (4, 2)):
        found[y : y + 9, x : x + 9] = 1
    return found


def make_inputs(count=3, wrong=4):
    """Return the inputs of a report of some test images."""
    examples = {
        "train": (Example("a/train.png", "train"),),
        "test": tuple(Example(f"a/{i}.png", "test") for i in range(count)),
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
    metrics = segmentation_metrics(judged, NAMES) | {
        "per_image": image_rows(examples["test"], judged)
    }
    epochs = [{"loss": 0.5, "accuracy": 0.99, "val_loss": 0.6, "val_accuracy": 0.9}]
    return SegmentationReportInputs(
        facts=RunFacts("cells", 1, model="unet"),
        recipe={"task": "image_segmentation"},
        class_names=NAMES,
        examples=examples,
        read=read,
        truth=lambda example: truths[example.name],
        judged=judged,
        metrics=metrics,
        history=[{"phase": "train", "epochs": epochs, "best_epoch": 1}],
        notes=("cache: memory",),
    )


def test_every_section_is_there():
    """Verdict, curves, overlays, worst tiles, classes, scores, data."""
    report = segmentation_report(make_inputs())
    titles = [section.title for section in report.sections]
    assert titles == [
        "What to do next",
        "Training",
        "Test images",
        "Worst tiles",
        "Classes",
        "Scores by image",
        "Sample of the data",
        "Data",
        "Reproducibility",
    ]
    page = render_report(report)
    assert "&lt;cell&gt;" in page
    assert "<cell>" not in page
    assert 'class="gallery pairs large"' in page
    assert "nan" not in page.replace("finance", "").lower().split()


def test_one_perfect_image():
    """No mistake, no interval: the report says so instead of failing."""
    report = segmentation_report(make_inputs(count=1, wrong=0))
    assert "Worst tiles" not in [s.title for s in report.sections]
    assert "no interval: a single image" in report.headline[0].detail


def test_scores_as_csv(tmp_path):
    """One line per image with its path and its scores."""
    inputs = make_inputs()
    write_image_scores(tmp_path / "x.csv", inputs.metrics["per_image"])
    header, first, *_ = (tmp_path / "x.csv").read_text().splitlines()
    assert header == "path,split,pixel_error,iou,dice,rand_f_score"
    assert first.startswith("a/0.png,test,0.")


BASE = {
    "examples": 40,
    "pixel_error": 0.05,
    "iou_interval": [0.8, 0.9],
    "rand_f_score": 0.95,
    "rand_f_score_best": 0.951,
    "rand_threshold": 0.5,
    "per_class": {"a": {"recall": 0.9}, "b": {"recall": 0.8}},
    "per_image": [],
}


def rows(*errors):
    """Return scores of images."""
    return [{"path": f"x/{i}.png", "pixel_error": e} for i, e in enumerate(errors)]


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
        ({"per_image": rows(0.01, 0.02, 0.3, 0.02)}, [], "“2.png” is far worse"),
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
    found = segmentation_findings(SegmentationFigures(BASE | change, history))
    assert len(found) == 1
    assert said in found[0][0]

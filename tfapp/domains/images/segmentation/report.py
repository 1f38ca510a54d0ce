"""The report of a segmentation: figures, overlays, the worst places."""

from collections.abc import Sequence
from pathlib import Path

from tfapp.data.spec import SPLITS
from tfapp.domains.images.segmentation.galleries import (
    SegmentationReportInputs,
    images_section,
    sample_section,
    windows_section,
)
from tfapp.domains.images.segmentation.verdict import (
    SegmentationFigures,
    segmentation_findings,
)
from tfapp.problems.classification.sections import curves_section
from tfapp.report.blocks import Columns, Fact, Items, Report, Section, Table
from tfapp.report.run_sections import (
    notes_blocks,
    reproducibility_section,
    run_headline,
    run_subtitle,
    trained_on,
)
from tfapp.report.wording import count, percent, percent_interval


def segmentation_report(inputs: SegmentationReportInputs) -> Report:
    """Return the whole report of a segmentation, ready for `write_report`."""
    facts = inputs.facts
    sections = (
        _verdict(inputs),
        curves_section(inputs.history),
        images_section(inputs),
        windows_section(inputs),
        _classes_section(inputs),
        _scores_section(inputs),
        sample_section(inputs),
        _data_section(inputs),
        reproducibility_section(facts, inputs.recipe),
    )
    return Report(
        facts.name,
        run_subtitle(facts, len(inputs.class_names)),
        _headline(inputs),
        tuple(section for section in sections if section is not None),
    )


def _headline(inputs: SegmentationReportInputs) -> tuple[Fact, ...]:
    metrics = inputs.metrics
    return (
        Fact(
            "IoU",
            percent(metrics["iou"]),
            f"mean of the classes over {count(metrics['examples'], 'unseen images')}; "
            f"{_told_interval(metrics['iou_interval'])}",
        ),
        trained_on(inputs.examples, "images"),
        Fact(
            "Pixel error",
            percent(metrics["pixel_error"]),
            f"of {metrics['pixels']:,} pixels; "
            f"{_told_interval(metrics['pixel_error_interval'])}",
        ),
        Fact(
            "Rand F-score",
            percent(metrics["rand_f_score"]),
            "how well objects are told apart, mean of the images; "
            f"{_told_interval(metrics['rand_f_score_interval'])}",
        ),
        *run_headline(inputs.facts),
    )


def _verdict(inputs: SegmentationReportInputs) -> Section:
    lead = "The figures below, read by simple rules; the most useful first."
    found = segmentation_findings(SegmentationFigures(inputs.metrics, inputs.history))
    return Section("What to do next", lead, (Items(found),))


def _classes_section(inputs: SegmentationReportInputs) -> Section:
    header = ("Class", "IoU", "95 % interval", "Dice", "Precision", "Recall", "Pixels")
    rows = tuple(
        (
            name,
            percent(row["iou"]),
            percent_interval(*row["iou_interval"]) if row["iou_interval"] else "n/a",
            percent(row["dice"]),
            percent(row["precision"]),
            percent(row["recall"]),
            percent(row["share"]),
        )
        for name, row in inputs.metrics["per_class"].items()
    )
    lead = (
        "IoU: the pixels that are of a class in both maps, over those that are in "
        "either. Dice counts the common ones twice. Over all test images together; "
        "intervals are of images drawn again from these."
    )
    return Section("Classes", lead, (Table(header, rows, "Figures by class"),))


def _scores_section(inputs: SegmentationReportInputs) -> Section:
    rows = tuple(
        (
            Path(row["path"]).name,
            percent(row["pixel_error"]),
            percent(row["iou"]),
            percent(row["dice"]),
            percent(row["rand_f_score"]),
        )
        for row in inputs.metrics["per_image"]
    )
    header = ("Image", "Pixel error", "IoU", "Dice", "Rand F-score")
    best = inputs.metrics["rand_f_score_best"]
    lead = "Every test image; predictions.csv holds the same."
    if best is not None:
        lead += (
            f" With the threshold that suits these images best, "
            f"{inputs.metrics['rand_threshold']:g}, the Rand F-score would be "
            f"{percent(best)}: the way the ISBI challenge counted."
        )
    return Section("Scores by image", lead, (Table(header, rows, "Scores by image"),))


def _data_section(inputs: SegmentationReportInputs) -> Section:
    sizes = [(s, len(inputs.examples[s])) for s in SPLITS if inputs.examples.get(s)]
    total = sum(size for _, size in sizes)
    rows = (*((s.capitalize(), f"{n:,}") for s, n in sizes), ("All", f"{total:,}"))
    table = Table(("Split", "Images"), rows, "Number of images by split")
    lead = f"{count(total, 'images')} with masks of {len(inputs.class_names)} classes."
    return Section("Data", lead, (Columns((table,)), *notes_blocks(inputs.notes)))


def _told_interval(interval: Sequence[float] | None) -> str:
    if interval is None:
        return "no interval: a single image"
    return f"95 % interval {percent_interval(interval[0], interval[1])}"

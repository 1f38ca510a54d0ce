"""Sections of a segmentation's report: overlays, the worst places, figures."""

from pathlib import Path

from tfapp.domains.images.segmentation.data.dataset import MaskDataset
from tfapp.domains.images.segmentation.galleries import (
    images_section,
    sample_section,
    windows_section,
)
from tfapp.report.blocks import Section, Table
from tfapp.report.wording import percent
from tfapp.tasks.results import Results


def segmentation_sections(results: Results, masks: MaskDataset) -> list[Section]:
    """Return the chapters on pictures, classes and images.

    Args:
        results: as `segmentation_results` returns.
        masks: gives the images and their masks.
    """
    sections = (
        images_section(results, masks),
        windows_section(results, masks),
        _classes_section(results),
        _scores_section(results),
        sample_section(masks),
    )
    return [section for section in sections if section is not None]


def _classes_section(results: Results) -> Section:
    lead = (
        "IoU: the pixels that are of a class in both maps, over those that are in "
        "either. Dice counts the common ones twice. Over all test images together; "
        "intervals are of images drawn again from these."
    )
    return Section("Classes", lead, results.tables)


def _scores_section(results: Results) -> Section:
    rows = tuple(
        (
            Path(row.path).name,
            percent(row.pixel_error),
            percent(row.iou),
            percent(row.dice),
            percent(row.rand_f_score),
        )
        for row in results.evidence.rows
    )
    header = ("Image", "Pixel error", "IoU", "Dice", "Rand F-score")
    best = results.figures["rand_f_score_best"]
    lead = "Every test image; scores.csv holds the same."
    if best is not None:
        lead += (
            f" With the threshold that suits these images best, "
            f"{results.figures['rand_threshold']:g}, the Rand F-score would be "
            f"{percent(best)}: the way the ISBI challenge counted."
        )
    return Section("Scores by image", lead, (Table(header, rows, "Scores by image"),))

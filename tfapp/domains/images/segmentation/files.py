"""One line per image: how well its map of classes agrees with its mask."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.files import write_text
from tfapp.data.spec import Example
from tfapp.domains.images.segmentation.metrics import JudgedImage, region_figures
from tfapp.report.wording import encodable

COLUMNS = ("path", "split", "pixel_error", "iou", "dice", "rand_f_score")


def image_rows(
    examples: Sequence[Example], judged: Sequence[JudgedImage]
) -> list[dict[str, Any]]:
    """Return the JSON-ready scores of each image, by the names of `COLUMNS`.

    IoU and Dice are means over the classes that the image or its prediction has.
    """
    return [
        _row(example, image) for example, image in zip(examples, judged, strict=True)
    ]


def write_image_scores(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the scores of images as CSV (UTF-8, RFC 4180), whole or not at all.

    Args:
        path: the CSV file to write or replace.
        rows: as `image_rows` returns.

    Raises:
        TfappError: if the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows({k: _said(row[k]) for k in COLUMNS} for row in rows)
    write_text(path, encodable(text.getvalue()))


def _row(example: Example, image: JudgedImage) -> dict[str, Any]:
    figures = region_figures(image.confusion)
    return {
        "path": example.name,
        "split": example.split,
        "pixel_error": image.pixel_error,
        "iou": float(np.nanmean(figures["iou"])),
        "dice": float(np.nanmean(figures["dice"])),
        "rand_f_score": None if np.isnan(image.rand) else image.rand,
    }


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}"
    return "" if value is None else str(value)

"""How runs that choose a class for every pixel are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

from tfapp.comparison.compared_task import MANY, ComparedTask, Quantity
from tfapp.domains.images.thumbnails import file_tile
from tfapp.report.blocks import Block, Gallery, Section, Table
from tfapp.report.wording import count, percent

MOST_HARD = 12
TITLE = "Hard in every run"
HOW = (
    (
        "Pixel error:",
        "the mean over the test images, each of which counts the same. That of a "
        "run's own report is over all pixels; the two are equal where all images have "
        "one size. IoU, Dice and Rand F are those of the report.",
    ),
    (
        "Intervals:",
        "Student's t over the test images, and for IoU, Dice and Rand F images drawn "
        "again, stretched as Student's t is wider for few; with several runs joined "
        "with Student's t of their mean, so that they cover other test images and "
        "other seeds.",
    ),
    (
        "Interval of a difference:",
        "20,000 resampled test sets, on each of which both systems are judged, "
        "stretched in the same way and joined with Welch's t for the seeds.",
    ),
    (
        "Real:",
        "if the two were equal, chance would give a difference as large in under 5 % "
        "of cases. The p-value swaps the systems at random, image by image. Over n "
        "images it cannot be below 2 in 2ⁿ, however many runs there are.",
    ),
    MANY,
    (
        "Single runs:",
        "a seed moves all images alike, so of groups with one run each a real "
        "difference is one between these two networks, and maybe not between their "
        "recipes. Three runs each can tell.",
    ),
    (
        "Other images:",
        "all this takes the test images as drawn independently. Slices of one volume "
        "or parts of one picture are alike, and say little about others.",
    ),
)


@dataclass(frozen=True)
class MaskAnswer:
    """How well a run's map of one test image agrees with its mask.

    Args:
        path: of the image, as the run named it.
        pixel_error: share of the pixels of another class, in [0, 1].
        iou: mean over the classes of the image or its map, in [0, 1].
    """

    path: str
    pixel_error: float
    iou: float

    @property
    def score(self) -> float:
        """The share of wrong pixels."""
        return self.pixel_error


class HardInAll(NamedTuple):
    """A test image that was worse than the median image in every run.

    Args:
        path: as the first run named it.
        pixel_error: mean over the runs, in [0, 1].
        lowest: pixel error of the best run.
        highest: of the worst.
        iou: mean over the runs, in [0, 1].
    """

    path: str
    pixel_error: float
    lowest: float
    highest: float
    iou: float


def hard_in_all(answers: Sequence[Sequence[MaskAnswer]]) -> tuple[HardInAll, ...]:
    """Return the images that all runs found hard, the largest error first.

    A run finds an image hard if its error there is above that of its median image, so
    a run that is worse everywhere has no more of them than others.

    Args:
        answers: what each run said, image by image.
    """
    typical = [
        median(answer.pixel_error for answer in of_run)
        for of_run in zip(*answers, strict=True)
    ]
    found = []
    for of_runs in answers:
        errors = [answer.pixel_error for answer in of_runs]
        if all(e > middle for e, middle in zip(errors, typical, strict=True)):
            iou = fmean(answer.iou for answer in of_runs)
            of_image = (fmean(errors), min(errors), max(errors), iou)
            found.append(HardInAll(of_runs[0].path, *of_image))
    return tuple(sorted(found, key=lambda row: -row.pixel_error))


def hard_section(hard: Sequence[HardInAll], common: int) -> Section:
    """List images that every run found hard, with pictures where they are files here.

    Args:
        hard: at least one, as `hard_in_all` returns.
        common: number of images that every run was tested on.
    """
    shown = hard[:MOST_HARD]
    lead = (
        f"Worse than the median image in every run: {count(len(hard), 'images')} of "
        f"{common:,}, the hardest first. Look for faulty masks here."
    )
    rows = tuple(
        (
            Path(row.path).name,
            percent(row.pixel_error),
            percent(row.lowest),
            percent(row.highest),
            percent(row.iou),
        )
        for row in shown
    )
    header = ("Image", "Pixel error", "Best run", "Worst run", "IoU")
    blocks: list[Block] = [Table(header, rows, "Pixel error and IoU: mean of all runs")]
    tiles = [
        file_tile(Path(row.path), f"Pixel error {percent(row.pixel_error)}")
        for row in shown
    ]
    if pictures := tuple(tile for tile in tiles if tile is not None):
        blocks.append(Gallery("", pictures))
    return Section(TITLE, lead, tuple(blocks))


def _read_answer(row: Mapping[str, str]) -> MaskAnswer:
    return MaskAnswer(row["path"], _share(row, "pixel_error"), _share(row, "iou"))


def _share(row: Mapping[str, str], column: str) -> float:
    value = float(row[column])
    if not 0.0 <= value <= 1.0:  # NaN neither
        raise ValueError(f"{column} is {row[column]}")
    return value


def _is_of(answer: MaskAnswer, example: Mapping[str, Any]) -> bool:
    """Compare paths: that of the split is relative to the folder of the data."""
    path, relative = answer.path.replace("\\", "/"), str(example["name"])
    return path == relative or path.endswith(f"/{relative}")


def _mean_error(metrics: Mapping[str, Any]) -> float:
    return fmean(float(row["pixel_error"]) for row in metrics["per_image"])


SEGMENTATION = ComparedTask(
    score=Quantity("pixel_error", "Pixel error", "pixel error"),
    others=(
        Quantity("iou", "IoU", "IoU", interval=True),
        Quantity("dice", "Dice", "Dice", interval=True),
        Quantity("rand_f_score", "Rand F", "Rand F", interval=True, optional=True),
    ),
    higher_is_better=False,
    graded=True,
    examples="images",
    per_class=False,
    how=HOW,
    missed_title=TITLE,
    classes_file="metrics.json",
    class_names=lambda metrics: list(metrics["per_class"].keys()),
    recorded_score=_mean_error,
    read_answer=_read_answer,
    is_of=_is_of,
    missed=hard_in_all,
    missed_section=hard_section,
)

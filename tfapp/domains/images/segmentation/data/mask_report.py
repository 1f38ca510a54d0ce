"""What is odd about a set of images with masks, and what training would refuse."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport
from tfapp.domains.images.check import Examined
from tfapp.domains.images.segmentation.data.reading import MaskFacts

RARE = 0.001
"""Share of the pixels; rarer classes are noted."""
LONELY = 0.5
"""Share of the values above 0 that a single mask holds each: numbers of objects."""
FEWEST_NUMBERS = 4


def mask_report(
    images: Source,
    examined: Examined,
    facts: Mapping[str, MaskFacts],
    ignore_value: int,
) -> CheckReport:
    """Return the report of the images, with the classes of their masks.

    Args:
        images: every image that has a mask.
        examined: the images, as `examine` leaves them.
        facts: about the mask of each image, by the image's name.
        ignore_value: what masks hold where no class is asked for; -1 for nothing.
    """
    histograms = [
        {v: n for v, n in facts[e.name].values.items() if v != ignore_value}
        for e in examined.usable.examples
    ]
    holding = Counter(v for values in histograms for v in values)
    pixels: Counter[int] = Counter()
    for values in histograms:
        pixels.update(values)
    total = max(sum(pixels.values()), 1)
    problems = [
        *examined.report.problems,
        *_empty_masks(histograms, holding, examined),
        *_object_numbers(holding, len(histograms)),
    ]
    problems += [
        Problem(str(value), "rare class", "note", f"{n / total:.3%} of all pixels.")
        for value, n in sorted(pixels.items())
        if n < RARE * total
    ]
    classes = {f"value {v}": {"masks": holding[v]} for v in sorted(holding)}
    counts = examined.report.counts
    missing = sum(p.kind in ("no mask", "same name") for p in images.problems)
    counts = {
        **counts,
        "files": counts["files"] + missing,
        "unusable": counts["unusable"] + missing,
        "left out": counts["left out"] + missing,
    }
    return replace(
        examined.report, classes=classes, problems=tuple(problems), counts=counts
    )


def _empty_masks(
    histograms: Sequence[Mapping[int, int]],
    holding: Mapping[int, int],
    examined: Examined,
) -> Iterator[Problem]:
    """Yield a note if masks hold one value alone, in a set that has several."""
    empty = [
        e.name
        for e, v in zip(examined.usable.examples, histograms, strict=True)
        if len(v) == 1
    ]
    if empty and len(holding) > 1:
        names = ", ".join(name.rpartition("/")[2] for name in empty[:3])
        detail = f"{len(empty)} masks hold one class alone, for example of {names}."
        yield Problem("", "empty masks", "note", detail)


def _object_numbers(holding: Mapping[int, int], masks: int) -> Iterator[Problem]:
    """Yield a note if most values look like numbers of objects, not of classes."""
    values = [v for v in holding if v]
    lonely = [v for v in values if holding[v] == 1]
    if (
        masks > 1
        and len(values) >= FEWEST_NUMBERS
        and len(lonely) > LONELY * len(values)
    ):
        detail = (
            f"{len(lonely)} of {len(values)} values occur in a single mask each: they "
            "look like numbers of objects. A class needs the same value in every mask."
        )
        yield Problem("", "object numbers", "used with care", detail)


def border_note(value: int) -> str:
    """Return what to say of a value that looks like one to ignore."""
    return (
        f"masks hold {value} next to consecutive numbers, as borders do: set "
        f"data.options.ignore_value = {value} to leave these pixels out"
    )


def require_enough(report: CheckReport) -> None:
    """Refuse a set from which three splits cannot be made.

    Raises:
        DataError: if there are fewer than 3 images with usable masks.
    """
    if report.usable < 3:
        raise DataError(
            f"{report.usable} images with usable masks are too few to learn from. "
            "Expected at least 3; `tfapp check` lists what is wrong with the others."
        )

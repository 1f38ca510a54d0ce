"""Images and masks after the scan: what is usable, and what is wrong."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageOps

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, refuse_damaged
from tfapp.data.scan import equal_content, scan
from tfapp.data.spec import Example
from tfapp.domains.images.check import Examined, examine
from tfapp.domains.images.reading.inspection import ImageFacts, image_inspection
from tfapp.domains.images.reading.limits import max_pixels
from tfapp.domains.images.segmentation.data.pairs import list_pairs
from tfapp.domains.images.segmentation.data.reading import MaskFacts, mask_inspection

RARE = 0.001
"""Share of the pixels; rarer classes are noted."""


@dataclass(frozen=True)
class ExaminedMasks:
    """Images and masks after the scan.

    Args:
        images: every image that has a mask.
        masks: the masks, in the same order.
        facts: about the mask of each image, by the image's name.
        sizes: height and width of each usable image, by its name.
        examined: the images, as `examine` leaves them.
        report: of everything.
    """

    images: Source
    masks: Source
    facts: Mapping[str, MaskFacts]
    sizes: Mapping[str, tuple[int, int]]
    examined: Examined
    report: CheckReport

    @property
    def mask_of(self) -> dict[str, Example]:
        """Name of an image → its mask."""
        pairs = zip(self.images.examples, self.masks.examples, strict=True)
        return {image.name: mask for image, mask in pairs}

    @property
    def usable(self) -> tuple[Example, ...]:
        """The examples to use."""
        return self.examined.usable.examples

    def refuse_damaged(self, max_bad_share: float) -> None:
        """Refuse a set with too many unusable files, or with none that is usable.

        Raises:
            DataError: with the count, three examples and the way out.
        """
        refuse_damaged(self.report, max_bad_share)
        if not self.usable:
            raise DataError(f"{self.images.name}: no image with its mask is usable.")


def examine_masks(context: LoadContext, values: Sequence[int]) -> ExaminedMasks:
    """Scan images and masks.

    Args:
        context: place, caches, progress.
        values: that masks may hold; () for any few.

    Raises:
        DataError: if there is nothing to look at.
    """
    images, masks = list_pairs(expand_path(context.config.path))
    limit = max_pixels(context.config)
    silent = replace(context, progress=None)
    by_mask = scan(masks, silent, mask_inspection(limit))
    pairs = zip(images.examples, masks.examples, strict=True)
    facts = {image.name: by_mask[mask.name] for image, mask in pairs}
    targets = (
        replace(e, target=facts[e.name].content_hash[:16]) for e in images.examples
    )
    images = replace(images, examples=tuple(targets))
    seen = scan(images, context, image_inspection(limit))
    sizes = {
        e.name: _upright_size(images, e, seen[e.name])
        for e in images.examples
        if not seen[e.name].fault
    }
    judged = dict(seen)
    for example in images.examples:
        problem = _fault(example, seen[example.name], facts, sizes, values)
        if problem is not None:
            kind, detail = problem
            judged[example.name] = replace(
                seen[example.name], fault=kind, detail=detail
            )
    for name in _contradictions(images, seen, facts):
        if not judged[name].fault:
            detail = "a copy of this image has another mask."
            fault = "conflicting masks"
            judged[name] = replace(judged[name], fault=fault, detail=detail)
    examined = examine(images, context, judged)
    report = _report(images, examined, facts)
    return ExaminedMasks(images, masks, facts, sizes, examined, report)


def _upright_size(
    images: Source, example: Example, fact: ImageFacts
) -> tuple[int, int]:
    """Return height and width as decoded, after any turning by Exif."""
    if "rotated" not in fact.traits:
        return fact.height, fact.width
    with Image.open(io.BytesIO(images.read(example))) as image:
        upright = ImageOps.exif_transpose(image)
        return upright.height, upright.width


def _fault(
    example: Example,
    image: ImageFacts,
    facts: Mapping[str, MaskFacts],
    sizes: Mapping[str, tuple[int, int]],
    values: Sequence[int],
) -> tuple[str, str] | None:
    """Return kind and detail of what is wrong with an example's mask, or None."""
    mask = facts[example.name]
    if image.fault:
        return None
    if mask.fault:
        return mask.fault, mask.detail
    if mask.size != sizes[example.name]:
        height, width = sizes[example.name]
        return (
            "mask of another size",
            f"the image has {width} x {height} pixels, its mask {mask.size[1]} x "
            f"{mask.size[0]}.",
        )
    if strange := sorted(set(mask.values) - set(values)) if values else []:
        return (
            "unexpected values",
            f"the mask holds {strange[:5]}. Expected some of {list(values)}.",
        )
    return None


def _contradictions(
    images: Source, seen: Mapping[str, ImageFacts], facts: Mapping[str, MaskFacts]
) -> Iterator[str]:
    """Yield the names of equal images whose masks differ."""
    hashed = (
        replace(e, content_hash=seen[e.name].content_hash)
        for e in images.examples
        if seen[e.name].content_hash
    )
    for group in equal_content(hashed):
        if len({facts[e.name].content_hash for e in group}) > 1:
            yield from (e.name for e in group)


def _report(
    images: Source, examined: Examined, facts: Mapping[str, MaskFacts]
) -> CheckReport:
    """Return the report of the images, with the classes of their masks."""
    histograms = [facts[e.name].values for e in examined.usable.examples]
    holding = Counter(v for values in histograms for v in values)
    pixels: Counter[int] = Counter()
    for values in histograms:
        pixels.update(values)
    total = max(sum(pixels.values()), 1)
    problems = [*examined.report.problems, *_empty_masks(histograms, holding, examined)]
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

"""Images and masks after the scan: what is usable, and what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, refuse_damaged
from tfapp.data.scan import equal_content, scan
from tfapp.data.spec import Example
from tfapp.domains.images.check import Examined, examine
from tfapp.domains.images.reading.inspection import ImageFacts, image_inspection
from tfapp.domains.images.reading.limits import max_pixels
from tfapp.domains.images.reading.upright import orientation_of
from tfapp.domains.images.segmentation.data.mask_report import mask_report
from tfapp.domains.images.segmentation.data.reading import MaskFacts, mask_inspection
from tfapp.domains.images.segmentation.layout.pairs import list_pairs


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
        ignore_value: what masks hold where no class is asked for; -1 for nothing.
    """

    images: Source
    masks: Source
    facts: Mapping[str, MaskFacts]
    sizes: Mapping[str, tuple[int, int]]
    examined: Examined
    report: CheckReport
    ignore_value: int = -1

    def counts(self, example: Example) -> dict[int, int]:
        """Return the number of pixels of an example by value, but for ignored ones."""
        counts = dict(self.facts[example.name].values)
        counts.pop(self.ignore_value, None)
        return counts

    @property
    def values(self) -> tuple[int, ...]:
        """What the usable masks hold, ascending, but for what is ignored."""
        return tuple(sorted({v for e in self.usable for v in self.counts(e)}))

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


def examine_masks(
    context: LoadContext, values: Sequence[int], ignore_value: int = -1
) -> ExaminedMasks:
    """Scan images and masks.

    Args:
        context: place, caches, progress.
        values: that masks may hold; () for any few.
        ignore_value: what they may hold besides, where no class is asked for.

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
        rules = (values, ignore_value)
        problem = _fault(example, seen[example.name], facts, sizes, rules)
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
    report = mask_report(images, examined, facts, ignore_value)
    return ExaminedMasks(images, masks, facts, sizes, examined, report, ignore_value)


def _upright_size(
    images: Source, example: Example, fact: ImageFacts
) -> tuple[int, int]:
    """Return height and width as decoded, after any turning by Exif."""
    if "rotated" not in fact.traits:
        return fact.height, fact.width
    lying = orientation_of(images.read(example)) > 4
    return (fact.width, fact.height) if lying else (fact.height, fact.width)


def _fault(
    example: Example,
    image: ImageFacts,
    facts: Mapping[str, MaskFacts],
    sizes: Mapping[str, tuple[int, int]],
    rules: tuple[Sequence[int], int],
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
    values, ignore_value = rules
    present = set(mask.values) - {ignore_value}
    if not present:
        return "nothing but ignored", f"every pixel of the mask is {ignore_value}."
    if strange := sorted(present - set(values)) if values else []:
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

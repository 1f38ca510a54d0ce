"""From a source to usable images and a report of what is wrong with the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem, Severity
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport, class_counts, refused, set_problems
from tfapp.data.scan import Usable, scan, usable_examples
from tfapp.data.spec import Example
from tfapp.domains.images.classification.enough import require_enough
from tfapp.domains.images.reading.duplicates import (
    NearPair,
    near_duplicates,
    with_near_copies,
)
from tfapp.domains.images.reading.image_files import SUFFIXES_BY_FORMAT
from tfapp.domains.images.reading.inspection import ImageFacts, image_inspection
from tfapp.domains.images.reading.limits import max_pixels
from tfapp.domains.images.reading.same_pixels import with_one_hash
from tfapp.domains.images.reading.sources import open_source

NOUN = "images"
TRAITS: dict[str, tuple[Severity, str]] = {
    "cmyk": ("used with care", "CMYK colours are converted to RGB."),
    "16-bit": (
        "used with care",
        "16 bits become 8: the upper ones of the 8, 12 or 16 that its values need.",
    ),
    "alpha": ("used with care", "transparency is dropped, hidden colours show."),
    "several pages": (
        "used with care",
        "only the first of the largest pages is used.",
    ),
    "animated": ("used with care", "only the first frame is used."),
    "rotated": ("note", "turned upright as its Exif data says."),
    "no end mark": (
        "note",
        "a JPEG without its end mark; all pixels are there.",
    ),
}


@dataclass(frozen=True)
class Examined:
    """A source after the scan.

    Args:
        usable: its examples.
        report: of everything.
    """

    usable: Usable
    report: CheckReport


def examine(
    source: Source,
    context: LoadContext,
    facts: Mapping[str, ImageFacts] | None = None,
) -> Examined:
    """Scan a source; report what is usable and what is wrong.

    Args:
        source: what to look at.
        context: where scans are kept, and the progress.
        facts: by name, of a scan that has been made already; None to make it.
    """
    if facts is None:
        facts = scan(source, context, image_inspection(max_pixels(context.config)))
    usable, near = _usable(source, facts, max_pixels(context.config))
    examples = usable.examples
    problems = [
        *source.problems,
        *usable.problems,
        *(p for e in source.examples for p in _oddities(source, e, facts[e.name])),
        *(_near_problem(source, pair) for pair in near),
        *set_problems(source, examples, NOUN),
    ]
    name = source.relative_name
    report = CheckReport(
        name=source.name,
        noun=NOUN,
        counts=usable.counts(source),
        classes=class_counts(source.labels, examples),
        facts={
            "median_size": _median_size(examples, facts),
            "colour": any(facts[e.name].colour for e in examples),
        },
        problems=tuple(problems),
        duplicates=tuple(tuple(map(name, group)) for group in usable.duplicates),
        near_duplicates=tuple(
            (name(pair.first), name(pair.second), pair.distance) for pair in near
        ),
    )
    return Examined(usable, report)


def _usable(
    source: Source, facts: Mapping[str, ImageFacts], limit: int
) -> tuple[Usable, list[NearPair]]:
    """Return the usable examples, which know their near copies, and their pairs."""
    readable = [
        replace(e, content_hash=facts[e.name].content_hash)
        for e in source.examples
        if not facts[e.name].fault
    ]
    near = near_duplicates(readable, [facts[e.name].likeness for e in readable])
    hashes = with_one_hash(source, facts, near, limit)
    usable = usable_examples(source, hashes)
    names = {e.name for e in usable.examples}
    pairs = [
        pair
        for pair in near
        if {pair.first.name, pair.second.name} <= names
        and hashes[pair.first.name].content_hash
        != hashes[pair.second.name].content_hash
    ]
    examples, readable_too = (
        with_near_copies(part, pairs) for part in (usable.examples, usable.readable)
    )
    return replace(usable, examples=examples, readable=readable_too), pairs


def check_images(context: LoadContext) -> CheckReport:
    """Look at all labelled images and report what is wrong with them."""
    report = examine(open_source(context), context).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def _median_size(
    examples: tuple[Example, ...], facts: Mapping[str, ImageFacts]
) -> tuple[int, int]:
    """Return the median height and the median width in pixels, 0 without images."""
    sizes = [(facts[e.name].height, facts[e.name].width) for e in examples] or [(0, 0)]
    height, width = (int(median(sides)) for sides in zip(*sizes, strict=True))
    return height, width


def _oddities(source: Source, example: Example, fact: ImageFacts) -> Iterator[Problem]:
    """Yield what is odd about one file."""
    known = SUFFIXES_BY_FORMAT.get(fact.format)
    in_file = not source.contents
    misnamed = in_file and known and not example.name.lower().endswith(known)
    if not (fact.traits or misnamed):
        return
    path = source.relative_name(example)
    for trait in () if fact.fault else fact.traits:
        yield Problem(path, trait, *TRAITS[trait])
    if misnamed:
        detail = f"holds {fact.format} data; read by its content, not its name."
        yield Problem(path, "wrong extension", "note", detail)


def _near_problem(source: Source, pair: NearPair) -> Problem:
    """Describe two examples that look alike."""
    first, second = pair.first, pair.second
    name, other = source.relative_name(first), source.relative_name(second)
    if first.stratum != second.stratum:
        detail = (
            f"is labelled {first.stratum!r} and looks like {other}, which is labelled "
            f"{second.stratum!r}."
        )
        return Problem(name, "conflicting labels", "used with care", detail)
    if first.split == second.split:
        return Problem(name, "near-duplicate", "note", f"looks like {other}.")
    detail = f"{first.split} image looks like {other} in {second.split}."
    return Problem(name, "near-duplicate across splits", "used with care", detail)

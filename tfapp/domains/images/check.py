"""From a source to usable examples and a report of all trouble."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median

from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem, Severity
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport
from tfapp.data.scan import scan
from tfapp.data.spec import SPLITS, Example
from tfapp.domains.images.reading.duplicates import (
    NearPair,
    exact_duplicates,
    near_duplicates,
)
from tfapp.domains.images.reading.image_files import SUFFIXES_BY_FORMAT
from tfapp.domains.images.reading.inspection import ImageFacts
from tfapp.domains.images.reading.sources import open_source

MAX_IMBALANCE = 3.0
FEW_IMAGES = 5
TRAITS: dict[str, tuple[Severity, str]] = {
    "cmyk": ("used with care", "CMYK colours are converted to RGB."),
    "16-bit": ("used with care", "the upper 8 of 16 bits are used."),
    "alpha": ("used with care", "transparency is dropped, hidden colours show."),
    "animated": ("used with care", "only the first frame is used."),
    "rotated": ("note", "turned upright as its Exif data says."),
}
SKIPPED = {
    "hidden": "hidden files and folders (.DS_Store and the like) are passed over.",
    "foreign": "files that are no images by their extension are passed over.",
}


@dataclass(frozen=True)
class Examined:
    """A source after the scan.

    Args:
        readable: every example that decodes, with its content hash.
        examples: those without refused copies, in the same order.
        report: of everything.
    """

    readable: tuple[Example, ...]
    examples: tuple[Example, ...]
    report: CheckReport


def examine(
    source: Source,
    context: LoadContext,
    facts: Mapping[str, ImageFacts] | None = None,
) -> Examined:
    """Scan a source; tell what is usable and what is wrong.

    Args:
        source: what to look at.
        context: where scans are kept, and the progress.
        facts: by path, of a scan that has been made already; None to make it.
    """
    facts = scan(source, context) if facts is None else facts
    readable = tuple(
        replace(e, content_hash=facts[e.name].content_hash)
        for e in source.examples
        if not facts[e.name].fault
    )
    groups = exact_duplicates(readable)
    refused = {e.name: p for group in groups for e, p in _refusals(source, group)}
    examples = tuple(e for e in readable if e.name not in refused)
    near = near_duplicates(examples, [facts[e.name].likeness for e in examples])
    problems = [
        *source.problems,
        *(p for e in source.examples for p in _file_problems(source, e, facts)),
        *refused.values(),
        *(p for group in groups for p in _copies(source, group, refused)),
        *(_near_problem(source, pair) for pair in near),
        *_set_problems(source, examples),
    ]
    name = source.relative_name
    report = CheckReport(
        name=source.name,
        counts=_counts(source, len(readable), len(examples)),
        classes=class_counts(source.class_names, examples),
        median_size=_median_size(examples, facts),
        colour=any(facts[e.name].colour for e in examples),
        problems=tuple(problems),
        duplicates=tuple(tuple(map(name, group)) for group in groups),
        near_duplicates=tuple(
            (name(pair.first), name(pair.second), pair.distance) for pair in near
        ),
    )
    return Examined(readable, examples, report)


def check_images(context: LoadContext) -> CheckReport:
    """Look at all labelled images and report what is wrong with them."""
    return examine(open_source(context), context).report


def _counts(source: Source, readable: int, usable: int) -> dict[str, int]:
    """Return the number of files by what became of them."""
    files = len(source.examples)
    return {
        "files": files,
        "usable": usable,
        "unusable": files - readable,
        "left out": files - usable,
        **source.skipped,
    }


def _median_size(
    examples: tuple[Example, ...], facts: Mapping[str, ImageFacts]
) -> tuple[int, int]:
    """Return the median height and the median width in pixels, 0 without images."""
    sizes = [(facts[e.name].height, facts[e.name].width) for e in examples] or [(0, 0)]
    height, width = (int(median(sides)) for sides in zip(*sizes, strict=True))
    return height, width


def class_counts(
    class_names: tuple[str, ...], examples: tuple[Example, ...]
) -> dict[str, dict[str, int]]:
    """Return the number of examples by class and split, "all" without splits."""
    counts = Counter((e.stratum, e.split or "all") for e in examples)
    splits = [s for s in (*SPLITS, "all") if any(key[1] == s for key in counts)]
    return {name: {s: counts[name, s] for s in splits} for name in class_names}


def _file_problems(
    source: Source, example: Example, facts: Mapping[str, ImageFacts]
) -> Iterator[Problem]:
    """Yield what is wrong or odd about one file."""
    fact = facts[example.name]
    known = SUFFIXES_BY_FORMAT.get(fact.format)
    misnamed = not source.encoded and known and not example.name.lower().endswith(known)
    if not (fact.fault or fact.traits or misnamed):
        return
    path = source.relative_name(example)
    if fact.fault:
        yield Problem(path, fact.fault, "left out", fact.detail)
    for trait in () if fact.fault else fact.traits:
        yield Problem(path, trait, *TRAITS[trait])
    if misnamed:
        detail = f"holds {fact.format} data; read by its content, not its name."
        yield Problem(path, "wrong extension", "note", detail)


def _refusals(
    source: Source, group: tuple[Example, ...]
) -> list[tuple[Example, Problem]]:
    """Return the copies that must go: contradictions, and leaks between splits."""
    names = [source.relative_name(e) for e in group]
    labels = sorted({e.target for e in group})
    if len(labels) > 1:
        detail = f"the same pixels are labelled {labels}: {', '.join(names[:4])}."
        kind = "conflicting labels"
        return [
            (e, Problem(name, kind, "left out", detail))
            for e, name in zip(group, names, strict=True)
        ]
    held = max((e.split for e in group), key=("", *SPLITS).index)
    return [
        (
            e,
            Problem(
                source.relative_name(e),
                "copy across splits",
                "left out",
                f"the same image is in {held}: it would be learned, then tested.",
            ),
        )
        for e in group
        if e.split != held
    ]


def _copies(
    source: Source, group: tuple[Example, ...], refused: Mapping[str, Problem]
) -> Iterator[Problem]:
    """Yield a note about copies that stay, since they lie in one split."""
    kept = [source.relative_name(e) for e in group if e.name not in refused]
    if len(kept) > 1:
        detail = f"the same pixels as {', '.join(kept[1:4])}; kept in one split."
        yield Problem(kept[0], "duplicate", "note", detail)


def _near_problem(source: Source, pair: NearPair) -> Problem:
    """Describe two examples that look alike."""
    first, second = pair.first, pair.second
    name, other = source.relative_name(first), source.relative_name(second)
    if first.split == second.split:
        return Problem(name, "near-duplicate", "note", f"looks like {other}.")
    detail = f"{first.split} image looks like {other} in {second.split}."
    return Problem(name, "near-duplicate across splits", "used with care", detail)


def _set_problems(source: Source, examples: tuple[Example, ...]) -> Iterator[Problem]:
    """Yield what is odd about the set as a whole."""
    for reason, detail in SKIPPED.items():
        if count := source.skipped.get(reason, 0):
            yield Problem("", f"{reason} files", "note", f"{count} {detail}")
    counts = Counter({name: 0 for name in source.class_names})
    counts.update(e.stratum for e in examples if e.split in ("", "train"))
    for label, count in sorted(counts.items()):
        if count < FEW_IMAGES:
            detail = f"only {count} images to learn from; results will vary much."
            yield Problem(label, "few images", "used with care", detail)
    (most, high), (least, low) = counts.most_common()[0], counts.most_common()[-1]
    if high > MAX_IMBALANCE * max(low, 1):
        detail = (
            f"{high} images of {most} for {low} of {least}; consider class weights."
        )
        yield Problem("", "class imbalance", "note", detail)

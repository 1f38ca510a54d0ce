"""What is wrong with recordings, and what `fit` has to know of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport, class_counts, refused, set_problems
from tfapp.data.scan import Usable, scan, usable_examples
from tfapp.data.spec import Example
from tfapp.domains.audio.inspection import INSPECTION, TRAITS, RecordingFacts
from tfapp.domains.audio.reading.listing import list_recordings
from tfapp.domains.audio.reading.spec import Listing
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
    require_training_classes,
)

NOUN = "recordings"
Facts = Mapping[str, RecordingFacts]
Judge = Callable[[Facts, Mapping[str, str]], Facts]


@dataclass(frozen=True)
class Examined:
    """Recordings after the inspection.

    Args:
        listing: as they were found.
        source: lists the examples.
        usable: those to learn from or to test on.
        facts: by the name of the example.
        report: of everything.
    """

    listing: Listing
    source: Source
    usable: Usable
    facts: Mapping[str, RecordingFacts]
    report: CheckReport

    @property
    def speakers(self) -> dict[str, str]:
        """Speaker by the name of the example, "" if nothing names one."""
        return {str(r.path): r.speaker for r in self.listing.recordings}


def check_recordings(context: LoadContext) -> CheckReport:
    """Decode all recordings of classes and report what is wrong with them."""
    report = examine(context).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def examine(
    context: LoadContext, *, spoken: bool = False, judge: Judge | None = None
) -> Examined:
    """Decode recordings; report what is usable and what is wrong.

    Args:
        context: recipe and folder of caches.
        spoken: answers are what is said, and no classes.
        judge: facts and answers by name → facts with further faults.

    Raises:
        ConfigError: if an option is wrong.
        DataError: if nothing names the answers.
    """
    options = context.config.options
    listing = list_recordings(context.config.path, options)
    source = _source(listing, context, spoken, options.get("speakers", "apart"))
    facts = scan(source, context, INSPECTION)
    if judge is not None:
        facts = judge(facts, {e.name: e.target for e in source.examples})
    usable = usable_examples(source, facts)
    problems = [
        *usable.problems,
        *_oddities(source, facts),
        *_rates(facts),
        *_unnamed(listing),
        *(() if spoken else set_problems(source, usable.examples, NOUN)),
    ]
    report = CheckReport(
        name=source.name,
        noun=NOUN,
        counts=usable.counts(source),
        classes=class_counts(source.labels, usable.examples),
        facts=_facts(listing, usable.examples, facts),
        problems=tuple(problems),
        duplicates=tuple(tuple(e.name for e in g) for g in usable.duplicates),
    )
    return Examined(listing, source, usable, facts, report)


def require_enough(report: CheckReport) -> None:
    """Refuse a set from which three splits cannot be made.

    Raises:
        DataError: if there are fewer than 3 recordings, of a class on average.
    """
    wanted = 3 * max(1, len(report.per_class))
    if report.usable < wanted:
        raise DataError(
            f"{report.name}: {report.usable} usable recordings are too few to learn "
            f"from. Expected {wanted} or more, 3 of each class."
        )


def _source(
    listing: Listing, context: LoadContext, spoken: bool, speakers: str
) -> Source:
    """Return the examples: the speaker is their group, unless voices are mixed."""
    grouped = speakers == "apart"
    if grouped:
        _refuse_torn_voices(listing)
    examples = [
        Example(str(r.path), r.split, "", r.speaker if grouped else "", "", r.answer)
        if spoken
        else labelled(str(r.path), r.answer, r.split, r.speaker if grouped else "")
        for r in listing.recordings
    ]
    labels: tuple[str, ...] = ()
    if not spoken:
        examples = list(one_spelling(examples, context.labels))
        labels = tuple(sorted({e.target for e in examples}))
        count = f"{len(examples)} recordings"
        require_classes(str(listing.root), labels, count, context)
        if not context.labels:
            require_training_classes(str(listing.root), tuple(examples))
    return Source(
        str(listing.root),
        listing.root,
        tuple(examples),
        labels,
        skipped=listing.skipped,
    )


def _refuse_torn_voices(listing: Listing) -> None:
    """Refuse splits that hold some recordings of a speaker and leave others.

    Raises:
        DataError: naming the speaker.
    """
    splits: dict[str, set[str]] = defaultdict(set)
    for recording in listing.recordings:
        splits[recording.speaker].add(recording.split or "train")
    for voice, places in sorted(splits.items()):
        if voice and len(places) > 1:
            raise DataError(
                f"{listing.root}: recordings of {voice!r} are in "
                f"{' and '.join(sorted(places))}, so the test would hear a known "
                'voice. Divide by speakers, or set data.options.speakers = "mixed".'
            )


def _oddities(source: Source, facts: Mapping[str, RecordingFacts]) -> Iterator[Problem]:
    """Yield what is odd about single recordings."""
    for example in source.examples:
        for trait in facts[example.name].traits:
            name = source.relative_name(example)
            yield Problem(name, trait, "used with care", TRAITS[trait])


def _rates(facts: Mapping[str, RecordingFacts]) -> Iterator[Problem]:
    """Yield a note where recordings differ in rate or channels."""
    rates = Counter(f.rate for f in facts.values() if not f.fault)
    if len(rates) > 1:
        listed = ", ".join(f"{count} of {rate:,} Hz" for rate, count in rates.items())
        yield Problem("", "sampling rates", "note", f"{listed}: all become one.")
    if several := sum(f.channels > 1 for f in facts.values()):
        detail = f"{several} recordings have several channels, which are mixed."
        yield Problem("", "channels", "note", detail)


def _unnamed(listing: Listing) -> Iterator[Problem]:
    """Yield a note where nothing names the speakers: figures are for known voices."""
    if not any(r.speaker for r in listing.recordings):
        detail = (
            "nothing names the speakers, so voices of the test may be trained on: new "
            "voices may do worse. Name them in a column `speaker`."
        )
        yield Problem("", "unknown speakers", "note", detail)


def _facts(
    listing: Listing, examples: Sequence[Example], facts: Mapping[str, RecordingFacts]
) -> dict[str, Any]:
    """Return what `fit` has to know, JSON-ready."""
    seconds = [facts[e.name].milliseconds / 1000 for e in examples] or [0.0]
    rates = Counter(facts[e.name].rate for e in examples)
    return {
        "median_seconds": float(np.median(seconds)),
        "longest_seconds": max(seconds),
        "hours": sum(seconds) / 3600,
        "rate": rates.most_common(1)[0][0] if rates else 0,
        "speakers": len({r.speaker for r in listing.recordings} - {""}),
        "answers_from": listing.how,
    }

"""What is wrong with labelled texts, and what `fit` has to know of them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.report import CheckReport, class_counts, refused, set_problems
from tfapp.data.scan import Usable, usable_examples
from tfapp.data.spec import Example
from tfapp.domains.text.classification.near import NearTexts, near_texts
from tfapp.domains.text.classification.source import Texts, open_texts

NOUN = "texts"
LONG = 200_000
"""Characters of a text behind which nothing is read."""
MOST_NEAR = 5
"""Near copies that an example knows."""


@dataclass(frozen=True)
class TextFacts:
    """What the inspection of one text reports; see `tfapp.data.scan.inspection`."""

    stamp: str = ""
    fault: str = ""
    detail: str = ""
    content_hash: str = ""
    words: int = 0
    traits: tuple[str, ...] = ()


TRAITS = {
    "very long": f"only the first {LONG:,} characters are read.",
    "replaced characters": "characters that could not be decoded: save it as UTF-8.",
    "markup": "it holds HTML tags, which are read as words.",
}


@dataclass(frozen=True)
class Examined:
    """Labelled texts after the inspection.

    Args:
        texts: as they were found.
        usable: those to learn from or to test on.
        report: of everything.
    """

    texts: Texts
    usable: Usable
    report: CheckReport


def check_texts(context: LoadContext) -> CheckReport:
    """Read all texts and report what is wrong with them."""
    report = examine(context).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def examine(context: LoadContext) -> Examined:
    """Read labelled texts; report what is usable and what is wrong."""
    texts = open_texts(context)
    source = texts.source
    facts = {e.name: inspected(texts, e) for e in source.examples}
    usable = usable_examples(source, facts)
    pairs = _near(texts, usable)
    near = [(usable.examples[p.first], usable.examples[p.second]) for p in pairs]
    usable = replace(
        usable,
        examples=_with_near(usable.examples, near),
        readable=_with_near(usable.readable, near),
    )
    problems = [
        *source.problems,
        *usable.problems,
        *_oddities(facts),
        *(_near_problem(*pair) for pair in near),
        *set_problems(source, usable.examples, NOUN),
    ]
    used = [facts[e.name].words for e in usable.examples] or [0]
    report = CheckReport(
        name=source.name,
        noun=NOUN,
        counts=usable.counts(source),
        classes=class_counts(source.labels, usable.examples),
        facts={"median_words": int(median(used)), "most_words": max(used)},
        problems=tuple(problems),
        duplicates=tuple(tuple(e.name for e in g) for g in usable.duplicates),
        near_duplicates=tuple(
            (a.name, b.name, round(100 * (1 - pair.share)))
            for (a, b), pair in zip(near, pairs, strict=True)
        ),
    )
    return Examined(texts, usable, report)


def inspected(texts: Texts, example: Example) -> TextFacts:
    """Return the facts about one text.

    Texts that differ in case and in spaces alone have one hash: they are copies.
    """
    if example.name in texts.unlabelled:
        return TextFacts(fault="no label", detail="its row has no label.")
    if example.name in texts.ragged:
        detail = 'more cells than the header: put a text with commas into quotes "".'
        return TextFacts(fault="too many cells", detail=detail)
    if example.name in texts.untrained:
        detail = f"no training text has the class {example.target!r}: not counted."
        return TextFacts(fault="untrained class", detail=detail)
    text = texts.source.contents[example.name].decode()
    words = text[:LONG].casefold().split()
    if not any(c.isalnum() or ord(c) > 0x2000 for word in words for c in word):
        return TextFacts(fault="empty", detail="the text has no word.")
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=16).hexdigest()
    traits = {
        "very long": len(text) > LONG,
        "replaced characters": "\ufffd" in text,
        "markup": "</" in text or "<br" in text,
    }
    shown = tuple(name for name, present in traits.items() if present)
    return TextFacts("", "", "", digest, len(words), shown)


def require_enough(report: CheckReport) -> None:
    """Refuse a set from which three splits cannot be made.

    Raises:
        DataError: if there are fewer than 3 texts a class on average, or a class has a
            single one and another needs to be tested.
    """
    if report.usable < 3 * len(report.per_class):
        raise DataError(
            f"{report.usable} texts of {len(report.per_class)} classes are too few to "
            "learn from. Expected at least 3 texts of each class."
        )
    largest = max(report.per_class.values())
    if largest < 3:
        raise DataError(
            f"{report.name}: no class has 3 usable texts, so nothing is left to test "
            "on. Is the column of labels the right one? Name it by --label."
        )


def _near(texts: Texts, usable: Usable) -> list[NearTexts]:
    """Return the near copies among usable texts that are no exact ones."""
    examples = usable.examples
    contents = [texts.source.contents[e.name].decode() for e in examples]
    return [
        pair
        for pair in near_texts(contents)
        if examples[pair.first].content_hash != examples[pair.second].content_hash
    ]


def _with_near(
    examples: Sequence[Example], near: Sequence[tuple[Example, Example]]
) -> tuple[Example, ...]:
    """Return examples that know their nearest copies, the most alike first."""
    names = defaultdict(list)
    for first, second in near:
        names[first.name].append(second.name)
        names[second.name].append(first.name)
    return tuple(
        replace(e, near=tuple(names[e.name][:MOST_NEAR])) if e.name in names else e
        for e in examples
    )


def _oddities(facts: Mapping[str, TextFacts]) -> Iterator[Problem]:
    """Yield what is odd about single texts."""
    for name, fact in facts.items():
        for trait in () if fact.fault else fact.traits:
            yield Problem(name, trait, "used with care", TRAITS[trait])


def _near_problem(first: Example, second: Example) -> Problem:
    """Describe two texts that are nearly alike."""
    if first.stratum != second.stratum:
        detail = (
            f"is labelled {first.stratum!r} and nearly the same as {second.name}, "
            f"which is labelled {second.stratum!r}."
        )
        return Problem(first.name, "conflicting labels", "used with care", detail)
    if first.split == second.split:
        detail = f"nearly the same as {second.name}."
        return Problem(first.name, "near-duplicate", "note", detail)
    detail = (
        f"{first.split} text is nearly the same as {second.name} in {second.split}."
    )
    return Problem(first.name, "near-duplicate across splits", "used with care", detail)

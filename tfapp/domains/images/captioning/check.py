"""What is wrong with photos and their captions, and what `fit` has to know of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import Example
from tfapp.domains.images.captioning.preprocessor import CUT
from tfapp.domains.images.captioning.scenes import facts_of, scenes
from tfapp.domains.images.captioning.table import read_captions
from tfapp.domains.images.check import examine
from tfapp.domains.images.reading.inspection import ImageFacts
from tfapp.domains.images.vectors.plan import require_enough
from tfapp.domains.text.translation.dataset import Symbols
from tfapp.domains.text.words.tokenizers import tokenized

MAX_LENGTH = 40
"""Words above which a caption is too long."""
SCENES = 6000
"""Generated pictures."""


@dataclass(frozen=True)
class Captioned:
    """Photos with the words of their captions.

    Args:
        source: the photos, and what is wrong with the table.
        captions: name of a photo → its captions, cut into words; at least one.
        facts: name of a photo → what a scan reports; None to make the scan.
    """

    source: Source
    captions: Mapping[str, tuple[Symbols, ...]]
    facts: Mapping[str, ImageFacts] | None = None


def open_captions(context: LoadContext) -> Captioned:
    """Read the table that `data.path` stands for, and cut captions into words.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: if there are no captions, or cells that cannot be used.
    """
    source, captions = read_captions(context)
    most = int(context.config.options.get("max_length", MAX_LENGTH))
    return _cut(source, captions, most)


def open_scenes(context: LoadContext) -> Captioned:
    """Draw the pictures that training would."""
    options = context.config.options
    source, captions = scenes(
        int(options.get("count", SCENES)), bool(options.get("composition", False))
    )
    return replace(_cut(source, captions, MAX_LENGTH), facts=facts_of(source))


def check_captions(context: LoadContext) -> CheckReport:
    """Look at all photos and captions, and report what is wrong with them."""
    return _checked(open_captions(context), context)


def check_scenes(context: LoadContext) -> CheckReport:
    """Draw the generated pictures, and report how many there are."""
    return _checked(open_scenes(context), context)


def _cut(source: Source, captions: Mapping[str, Sequence[str]], most: int) -> Captioned:
    """Leave out captions that are too long, and photos without any that is left."""
    texts = [text for own in captions.values() for text in own]
    cut = iter(tokenized(CUT, texts))
    kept: dict[str, tuple[Symbols, ...]] = {}
    problems: list[Problem] = []
    examples: list[Example] = []
    for example in source.examples:
        place = source.relative_name(example)
        every = [tuple(next(cut)) for _ in captions[example.name]]
        short = tuple(words for words in every if 0 < len(words) <= most)
        for words in every:
            if len(words) > most:
                detail = f"a caption of {len(words):,} words; at most {most} are read."
                problems.append(Problem(place, "long caption", "left out", detail))
        if short:
            kept[example.name] = short
            examples.append(example)
        else:
            detail = "none of its captions can be used."
            problems.append(Problem(place, "no caption", "left out", detail))
    if not examples:
        raise DataError(
            f"{source.name} holds no caption that can be used. Expected texts of 1 to "
            f"{most} words."
        )
    every_problem = (*source.problems, *problems)
    return Captioned(
        replace(source, examples=tuple(examples), problems=every_problem), kept
    )


def _checked(captioned: Captioned, context: LoadContext) -> CheckReport:
    report = examine(captioned.source, context, captioned.facts).report
    problems = (p for p in report.problems if p.kind != "class imbalance")
    own = [words for every in captioned.captions.values() for words in every]
    lengths = np.array([len(words) for words in own])
    report = replace(
        report,
        facts={
            **report.facts,
            "captions": len(own),
            "mean_words": round(float(lengths.mean()), 1),
            "longest": int(lengths.max()),
            "different_words": len({word for words in own for word in words}),
            "different_captions": len({*own}),
        },
        problems=(*problems, *_oddities(captioned)),
    )
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def _oddities(captioned: Captioned) -> Iterator[Problem]:
    """Yield a note on how many captions photos have, where they have several."""
    counts = [len(own) for own in captioned.captions.values()]
    if max(counts) > 1:
        detail = (
            f"{sum(counts)} captions of {len(counts)} photos, up to {max(counts)} of "
            "one; all captions of a photo are in one split, and an answer is compared "
            "with each of them."
        )
        yield Problem("", "several captions", "note", detail)

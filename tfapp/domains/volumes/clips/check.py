"""What is wrong with clips of video, and what `fit` has to know of them."""

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.report import CheckReport, class_counts, refused, set_problems
from tfapp.data.scan import Usable, usable_examples
from tfapp.data.spec import Example
from tfapp.domains.volumes.clips.decoding import ClipError
from tfapp.domains.volumes.clips.sampling import ClipLayout
from tfapp.domains.volumes.clips.source import decode_clip, open_source
from tfapp.domains.volumes.loading import require_enough
from tfapp.machine.processor import usable_cores

NOUN = "clips"


@dataclass(frozen=True)
class ClipFacts:
    """What decoding one clip reports; see `tfapp.data.scan.inspection`.

    Args:
        stamp: see there.
        fault: see there.
        detail: see there.
        content_hash: of the sampled frames.
        length: frames of the file.
        seconds: from the first to the last.
        broken: what is wrong with its end.
    """

    stamp: str = ""
    fault: str = ""
    detail: str = ""
    content_hash: str = ""
    length: int = 0
    seconds: float = 0.0
    broken: str = ""


@dataclass(frozen=True)
class Examined:
    """Clips after decoding.

    Args:
        source: as they were found.
        usable: those to learn from or to test on.
        frames: of every clip that could be decoded, by its name, as sampled.
        report: of everything.
    """

    source: Source
    usable: Usable
    frames: Mapping[str, np.ndarray] = field(repr=False)
    report: CheckReport


def check_clips(context: LoadContext) -> CheckReport:
    """Decode all clips and report what is wrong with them."""
    report = examine(context, layout_of(context)).report
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def layout_of(context: LoadContext) -> ClipLayout:
    """Return the form of clips that `data.options` asks for.

    Raises:
        ConfigError: if an option is out of range.
    """
    options = context.config.options
    height, width = options.get("image_size", (112, 112))
    return ClipLayout(
        int(options.get("frames", 16)),
        int(height),
        int(width),
        int(options.get("channels", 3)),
        float(options.get("rate", 0.0)),
        options.get("order", "kept") == "shuffled",
    )


def examine(context: LoadContext, layout: ClipLayout) -> Examined:
    """Decode all clips; report what is usable and what is wrong."""
    source = open_source(context)
    facts, frames = {}, {}
    for example, (fact, clip) in _all_decoded(source, context, layout):
        facts[example.name] = fact
        if clip is not None:
            frames[example.name] = clip
    usable = usable_examples(source, facts)
    used = [facts[e.name] for e in usable.examples]
    problems = [
        *source.problems,
        *usable.problems,
        *(
            Problem(source.relative_name(e), "broken tail", "used with care", detail)
            for e in usable.examples
            if (detail := facts[e.name].broken)
        ),
        *set_problems(source, usable.examples, NOUN),
    ]
    report = CheckReport(
        name=source.name,
        noun=NOUN,
        counts=usable.counts(source),
        classes=class_counts(source.labels, usable.examples),
        facts={
            "shape": list(layout.shape),
            "median_frames": int(median([f.length for f in used] or [0])),
            "median_seconds": float(median([f.seconds for f in used] or [0.0])),
        },
        problems=tuple(problems),
        duplicates=tuple(tuple(e.name for e in g) for g in usable.duplicates),
    )
    return Examined(source, usable, frames, report)


def _all_decoded(
    source: Source, context: LoadContext, layout: ClipLayout
) -> Iterator[tuple[Example, tuple[ClipFacts, np.ndarray | None]]]:
    """Yield every example with its facts and frames, in order."""

    def look(example: Example) -> tuple[ClipFacts, np.ndarray | None]:
        try:
            clip = decode_clip(source, example, layout)
        except ClipError as error:
            return ClipFacts("", error.fault, error.detail), None
        digest = hashlib.blake2b(clip.frames.tobytes(), digest_size=16).hexdigest()
        facts = ClipFacts("", "", "", digest, clip.length, clip.seconds, clip.broken)
        return facts, clip.frames

    workers = min(8, usable_cores())
    with ThreadPoolExecutor(workers) as pool:
        pairs = zip(source.examples, pool.map(look, source.examples), strict=True)
        for number, pair in enumerate(pairs, start=1):
            if context.progress:
                context.progress(number, len(source.examples))
            yield pair

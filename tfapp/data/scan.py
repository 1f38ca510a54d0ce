"""Every file looked at once, in parallel, and remembered between runs."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.scan_memory import ScanMemory
from tfapp.data.spec import Example
from tfapp.domains.images.reading.inspection import ImageFacts, inspect_image
from tfapp.domains.images.reading.limits import max_pixels
from tfapp.domains.images.reading.pillow_limit import pillow_without_limit

MAX_WORKERS = 16
BLOCK = 4096
"""Files handed to the threads at once: a million waiting tasks would take 1 GB."""
MISSING = ImageFacts("", fault="missing", detail="the file does not exist.")


def scan(source: Source, context: LoadContext) -> Mapping[str, ImageFacts]:
    """Return the facts about every example, by its path.

    A file is read again only if its size or modification time changed. What was
    learned is written down as the scan goes, so a killed one continues.
    """
    limit = max_pixels(context.config)
    memory = ScanMemory.of(source.name, limit, context.cache_dir)
    known = memory.recall()
    total, facts = len(source.examples), dict[str, ImageFacts]()
    with memory.writing() as write:
        for example, fact in _look_at_all(source, known, limit):
            if known.get(example.name) != fact:
                write(example.name, fact)
            facts[example.name] = fact
            if context.progress:
                context.progress(len(facts), total)
    memory.tidy(facts, known)
    return facts


def _look_at_all(
    source: Source, known: Mapping[str, ImageFacts], limit: int
) -> Iterator[tuple[Example, ImageFacts]]:
    """Yield every example with its facts, in order."""

    def look(example: Example) -> ImageFacts:
        return _look(source, example, known.get(example.name), limit)

    workers = min(MAX_WORKERS, len(os.sched_getaffinity(0)))
    with pillow_without_limit(), ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(source.examples), BLOCK):
            block = source.examples[start : start + BLOCK]
            yield from zip(block, pool.map(look, block), strict=True)


def _look(
    source: Source, example: Example, known: ImageFacts | None, limit: int
) -> ImageFacts:
    """Return what is known about an example, or inspect it."""
    stamp = source.stamp(example)
    if not stamp:
        return MISSING
    if known is not None and known.stamp == stamp:
        return known
    try:
        return inspect_image(source.read(example), stamp, limit)
    except DataError as error:  # no right to read it, or gone this very moment
        return ImageFacts("", fault="missing", detail=str(error))

"""Every file looked at once, in parallel, and remembered between runs."""

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tfapp.data.context import LoadContext
from tfapp.data.decoding import DECODER_VERSION
from tfapp.data.inspection import ImageFacts, inspect_image, pillow_without_limit
from tfapp.data.source import Source
from tfapp.data.spec import Example
from tfapp.errors import DataError, TfappError
from tfapp.files import write_text

CACHE_VERSION = f"2.{DECODER_VERSION}"
MAX_WORKERS = 16
MISSING = ImageFacts("", fault="missing", detail="the file does not exist.")


def scan(source: Source, context: LoadContext) -> Mapping[str, ImageFacts]:
    """Return the facts about every example, by its path.

    A file is read again only if its size or modification time changed.
    """
    max_pixels = context.config.check.max_pixels
    memory = _memory_file(source, max_pixels, context.cache_dir)
    known = recall(memory)
    total, facts = len(source.examples), dict[str, ImageFacts]()

    def look(example: Example) -> ImageFacts:
        return _look(source, example, known.get(example.path), max_pixels)

    workers = min(MAX_WORKERS, os.cpu_count() or 1)
    with pillow_without_limit(), ThreadPoolExecutor(workers) as pool:
        results = pool.map(look, source.examples)
        for example, result in zip(source.examples, results, strict=True):
            facts[example.path] = result
            if context.progress:
                context.progress(len(facts), total)
    if facts != known:
        remember(memory, facts)
    return facts


def _look(
    source: Source, example: Example, known: ImageFacts | None, max_pixels: int
) -> ImageFacts:
    """Return what is known about an example, or inspect it."""
    stamp = source.stamp(example)
    if not stamp:
        return MISSING
    if known is not None and known.stamp == stamp:
        return known
    try:
        return inspect_image(source.read(example), stamp, max_pixels)
    except DataError as error:  # no right to read it, or gone this very moment
        return ImageFacts("", fault="missing", detail=str(error))


def recall(memory: Path) -> dict[str, ImageFacts]:
    """Return remembered facts by path; nothing if the record is absent or damaged."""
    try:
        stored = json.loads(memory.read_text(encoding="utf-8"))
        return {path: _facts(*values) for path, values in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _facts(*values: Any) -> ImageFacts:
    """Rebuild facts from a JSON list, refusing values of other types."""
    stamp, format_name, width, height, colour, traits, *texts = values
    if not all(isinstance(v, str) for v in (stamp, format_name, *traits, *texts)):
        raise TypeError(values)
    if not all(isinstance(v, int) for v in (width, height, colour)):
        raise TypeError(values)
    return ImageFacts(stamp, format_name, width, height, colour, tuple(traits), *texts)


def remember(memory: Path, facts: Mapping[str, ImageFacts]) -> None:
    """Write facts for the next run; a place that cannot be written costs time only."""
    lines = (
        f"{json.dumps(path)}: {json.dumps(astuple(fact))}"
        for path, fact in facts.items()
    )
    try:
        write_text(memory, "{\n" + ",\n".join(lines) + "\n}\n")
    except (TfappError, OSError):
        return


def _memory_file(source: Source, max_pixels: int, cache_dir: Path) -> Path:
    """Return the record's path: one for each source, decoder and pixel limit."""
    key = f"{CACHE_VERSION}|{source.name}|{max_pixels}"
    return cache_dir / "scan" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"

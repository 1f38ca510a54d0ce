"""Equal pixels in files of two formats, although a scan shrinks large JPEG files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tfapp.base.errors import DataError
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.reading.duplicates import NearPair
from tfapp.domains.images.reading.inspection import ImageFacts, content_hash
from tfapp.domains.images.reading.pixels.rules import SCANNED_SIDE
from tfapp.machine.start import require_tensorflow


def with_one_hash(
    source: Source,
    facts: Mapping[str, ImageFacts],
    pairs: Sequence[NearPair],
    max_pixels: int,
) -> Mapping[str, ImageFacts]:
    """Return the facts, in which equal pixels of two formats have one content hash.

    A scan decodes a large JPEG file at a part of its size, and a PNG file of the same
    pixels whole. Where two such files look alike and are of one size, all pixels of
    both are compared.

    Args:
        source: gives the files.
        facts: of the scan, by name.
        pairs: of examples that look alike.
        max_pixels: larger images are not decoded.
    """
    same = dict(facts)
    for pair in pairs:
        jpeg, other = pair.first, pair.second
        if not _is_shrunk(facts[jpeg.name]):
            jpeg, other = other, jpeg
        if not _is_shrunk(facts[jpeg.name]) or _is_shrunk(facts[other.name]):
            continue
        if _size(facts[jpeg.name]) != _size(facts[other.name]):
            continue
        hashes = {_hash(source, example, max_pixels) for example in (jpeg, other)}
        if len(hashes) == 1 and hashes != {""}:
            one_hash = same[jpeg.name].content_hash
            same[other.name] = replace(same[other.name], content_hash=one_hash)
    return same


def _size(facts: ImageFacts) -> tuple[int, int]:
    """Return the shorter and the longer side, however the image is turned."""
    low, high = sorted((facts.width, facts.height))
    return low, high


def _hash(source: Source, example: Example, max_pixels: int) -> str:
    """Return the content hash of all pixels of an image, however large."""
    require_tensorflow()
    from tfapp.domains.images.reading.pixels.by_training import all_pixels

    try:
        return content_hash(all_pixels(source.read(example), max_pixels))
    except DataError:  # changed meanwhile: the pass names it
        return ""


def _is_shrunk(facts: ImageFacts) -> bool:
    """Tell whether a scan has looked at an image at less than its full size."""
    return facts.format == "JPEG" and min(facts.width, facts.height) >= 2 * SCANNED_SIDE

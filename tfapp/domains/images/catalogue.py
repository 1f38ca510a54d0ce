"""Rows that images add to the lists of `tfapp list`."""

from tfapp.base.registry import Row, signature
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, Extractor
from tfapp.domains.images.pretrained.file_choice import available_weights
from tfapp.domains.images.reading.sources import SOURCES


def list_sources() -> list[Row]:
    """Return every form in which labelled images may come."""
    return [
        {"name": f"path: {name}", "summary": signature(target).summary}
        for name, target in SOURCES.items()
    ]


def list_extractors() -> list[Row]:
    """Return every extractor of `transfer`, and whether its weights are here."""
    here = {weights.extractor for weights in available_weights()}
    return [
        {
            "name": f"transfer: {name}",
            "summary": f"{extractor.summary} ({extractor.default_size} px)"
            + (f", {extractor.weights} weights here" if name in here else ""),
        }
        for name, extractor in EXTRACTORS.items()
    ]


def list_weights() -> list[Row]:
    """Return the pretrained weight file of every extractor, and where it is."""
    here = {weights.extractor: weights.path for weights in available_weights()}
    return [
        {
            "name": name,
            "summary": f"here: {here[name]}" if name in here else "not here",
            "options": _origin(extractor),
        }
        for name, extractor in EXTRACTORS.items()
    ]


def _origin(extractor: Extractor) -> dict[str, str]:
    """Return how recipes name the weights of an extractor, and where they come from."""
    named = {"weights": extractor.weights}
    if not extractor.file:  # they come with tfapp
        return named
    return named | {
        "file": extractor.file,
        "address": extractor.address,
        "hash": extractor.hash or "not recorded",
    }

"""Whether data is text, by the names of files and by the cells of a table."""

from collections.abc import Mapping
from typing import Any

from tfapp.data.detection import Detected
from tfapp.domains.text.labelling.detect import detect_tagged
from tfapp.domains.text.language.reading import detect_running_text
from tfapp.domains.text.reading.detect import detect_texts
from tfapp.domains.text.translation.detect import detect_pairs

DETECTORS = (detect_tagged, detect_pairs, detect_texts, detect_running_text)
"""One for each kind of data, the most special first."""


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return which kind of text lies at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
    """
    found = (detector(place, options or {}) for detector in DETECTORS)
    return next(filter(None, found), None)

"""Whether tagged sentences lie at a place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.data.detection import Detected
from tfapp.domains.text.labelling.reading.files import tagged_files


def detect_tagged(place: str, options: Mapping[str, Any]) -> Detected | None:
    """Return that tagged sentences lie at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
    """
    files = tagged_files(Path(place)) if place else []
    if not files:
        return None
    why = f"{files[0].name} is a file of tagged sentences by its name"
    return Detected("tagged_sentences", "sentence_labelling", why)

"""A file of running text: whether it is one, its characters, and its faults."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.base.text_files import decoded
from tfapp.data.context import LoadContext
from tfapp.data.detection import Detected
from tfapp.data.faults import Problem
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport

SUFFIX = ".txt"


def read_running_text(path: Path) -> str:
    r"""Return the text of a file, with \n at the ends of its lines.

    Raises:
        DataError: if it cannot be read, is empty or no text.
    """
    try:
        text, _ = decoded(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read {path} as text: {error}.") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DataError(f"{path} is empty. Expected a text to learn from.")
    return text


def detect_running_text(place: str, options: Mapping[str, Any]) -> Detected | None:
    """Return that a file is a running text, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
    """
    path = Path(place)
    if not place or path.suffix.lower() != SUFFIX or not path.is_file():
        return None
    why = f"{path.name} is one text, and no table of labelled ones"
    return Detected("running_text", "character_language_model", why)


def check_running_text(context: LoadContext) -> CheckReport:
    """Read a text as training would.

    Raises:
        DataError: if it cannot be read, is empty or no text.
    """
    path = Path(expand_path(context.config.path))
    text = read_running_text(path)
    counts = {"files": 1, "usable": 1, "unusable": 0, "left out": 0}
    facts = {"characters": len(text), "symbols": len(set(text))}
    rare = sum(number < 5 for number in Counter(text).values())
    problems = []
    if rare:
        detail = f"{rare} of {facts['symbols']} characters occur fewer than 5 times"
        problems.append(Problem("", "rare characters", "note", detail))
    return CheckReport(path.name, "texts", counts, {}, facts, tuple(problems))

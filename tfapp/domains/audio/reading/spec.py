"""What is listed of a recording before it is decoded."""

from dataclasses import dataclass, field
from pathlib import Path

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au")
"""How the names of recordings end."""


@dataclass(frozen=True)
class Recording:
    """One file.

    Args:
        path: of the file.
        answer: its class, or what is said in it.
        speaker: whose voice it is, "" if nothing names one.
        split: "train", "validation" or "test"; "" where not given.
    """

    path: Path
    answer: str
    speaker: str = ""
    split: str = ""


@dataclass(frozen=True)
class Listing:
    """The recordings of a place.

    Args:
        root: folder that their names are relative to.
        recordings: in a fixed order.
        spoken: whether the answers are what is said, and no classes.
        how: where the answers come from, in a few words.
        skipped: number of files passed over, by reason.
    """

    root: Path
    recordings: tuple[Recording, ...]
    spoken: bool
    how: str
    skipped: dict[str, int] = field(default_factory=dict)


def is_recording(name: str) -> bool:
    """Return whether a file is a recording by its name."""
    return name.lower().endswith(SUFFIXES)

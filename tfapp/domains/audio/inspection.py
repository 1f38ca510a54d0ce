"""What one recording is like, and what is wrong with it."""

import hashlib
from dataclasses import dataclass

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.scan import Inspection
from tfapp.domains.audio.conversion import as_wav
from tfapp.domains.audio.preprocessor import MOST_SECONDS
from tfapp.domains.audio.wav import Recorded, read_wav

VERSION = "1"
FRAME = 0.025
"""Seconds of one frame of a spectrum: nothing shorter has one."""
SILENT = 1e-4
"""Largest sample of a recording that holds nothing."""
CLIPPED, CLIPPED_SHARE = 0.999, 0.01
"""Samples that reach the end of the scale, and their share from which on it is odd."""
OFFSET = 0.1
"""Mean of the samples from which on the microphone adds a constant."""

TRAITS = {
    "truncated": "the header declares more samples than the file holds.",
    "clipped": f"more than {CLIPPED_SHARE:.0%} of the samples are at the end of the "
    "scale: it was recorded too loud.",
    "offset": "its samples do not lie around 0: the microphone adds a constant.",
}


@dataclass(frozen=True)
class RecordingFacts:
    """What the inspection of one file reports; see `tfapp.data.scan.inspection`.

    Args:
        milliseconds: how long it is.
        rate: samples per second.
        channels: of the file.
    """

    stamp: str = ""
    fault: str = ""
    detail: str = ""
    content_hash: str = ""
    milliseconds: int = 0
    rate: int = 0
    channels: int = 0
    traits: tuple[str, ...] = ()


def inspect(content: bytes, stamp: str) -> RecordingFacts:
    """Return the facts about the content of one file."""
    try:
        recorded = read_wav(as_wav(content))
    except DataError as error:
        return RecordingFacts(stamp, "unreadable", str(error))
    seconds = len(recorded.samples) / recorded.rate
    fault, detail = _fault(recorded.samples, seconds)
    samples = np.round(recorded.samples * 2**15).astype(np.int32)
    digest = hashlib.blake2b(samples.tobytes(), digest_size=16)
    digest.update(str(recorded.rate).encode())
    return RecordingFacts(
        stamp,
        fault,
        detail,
        digest.hexdigest(),
        round(1000 * seconds),
        recorded.rate,
        recorded.channels,
        () if fault else _traits(recorded),
    )


def _fault(samples: np.ndarray, seconds: float) -> tuple[str, str]:
    """Return why a recording cannot be used, and a sentence about it; "" if it can."""
    if seconds < FRAME:
        return "too short", f"it is {seconds:.3f} s long. Expected {FRAME} s or more."
    if seconds > MOST_SECONDS:
        return (
            "too long",
            f"it is {seconds / 60:.0f} minutes long. Cut it into parts of at most "
            f"{MOST_SECONDS // 60} minutes.",
        )
    if is_silent(samples):
        return "silent", "all its samples are 0, or nearly so."
    return "", ""


def is_silent(samples: np.ndarray) -> bool:
    """Return whether samples, float (length,), hold nothing."""
    return not len(samples) or bool(np.abs(samples).max() < SILENT)


def _traits(recorded: Recorded) -> tuple[str, ...]:
    """Return the names of what is odd about a recording that can be used."""
    loud = np.abs(recorded.samples) >= CLIPPED
    present = {
        "truncated": recorded.missing > 0,
        "clipped": loud.mean() > CLIPPED_SHARE,
        "offset": abs(recorded.samples.mean()) > OFFSET,
    }
    return tuple(name for name, odd in present.items() if odd)


INSPECTION = Inspection(RecordingFacts, inspect, VERSION)

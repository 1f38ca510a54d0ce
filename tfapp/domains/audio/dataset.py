"""Recordings in memory, at one rate."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.arrays import ArrayDataset
from tfapp.data.context import LoadContext
from tfapp.data.report import CheckReport, refuse_damaged
from tfapp.data.spec import Example
from tfapp.domains.audio.augmentation import AudioAugmentation
from tfapp.domains.audio.check import Examined
from tfapp.domains.audio.conversion import as_wav
from tfapp.domains.audio.preprocessor import MOST_SECONDS, AudioPreprocessor
from tfapp.domains.audio.wav import RATES
from tfapp.problems.classification.examples import split_classes

HIGHEST_RATE = 16_000
"""Samples per second that are used by default, at most: enough for speech."""
MOST_BYTES = 4 * 10**9
"""Of all samples together, which are held in memory."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RecordingDataset(ArrayDataset):
    """Recordings as samples.

    Args:
        preprocessor: knows the rate.
        speakers: name of an example → whose voice it is, "" if nothing names one.
    """

    preprocessor: AudioPreprocessor
    speakers: Mapping[str, str]

    def rows(self, *splits: str) -> np.ndarray:
        """Return the rows of the columns that splits' examples have, in order."""
        return self._rows_of([e for split in splits for e in self.examples[split]])


def used_examples(examined: Examined, context: LoadContext) -> tuple[Example, ...]:
    """Return the examples to use, each with its split.

    Raises:
        DataError: if too much is damaged, the data differs from the split file, or a
            class cannot be learned or tested.
    """
    refuse_damaged(examined.report, context.config.check.max_bad_share)
    return split_classes(examined.source, examined.usable, context, "recording")


def chosen_rate(rate: int, examined: Examined, examples: Sequence[Example]) -> int:
    """Return the rate to use: that of most recordings, at most 16 kHz.

    Args:
        rate: that the user sets, 0 to choose.
        examined: knows the rates of the files.
        examples: that are used.

    Raises:
        ConfigError: for a rate out of range.
    """
    if rate and not RATES[0] <= rate <= RATES[1]:
        raise ConfigError(
            f"`data.options.rate` must be from {RATES[0]:,} to {RATES[1]:,} samples "
            f"per second, or 0 to choose. Received: {rate}"
        )
    rates = Counter(examined.facts[e.name].rate for e in examples)
    return rate or min(rates.most_common(1)[0][0], HIGHEST_RATE)


def seconds_of(examined: Examined, examples: Iterable[Example]) -> np.ndarray:
    """Return how long recordings are in seconds, float64 (recordings,)."""
    lengths = [examined.facts[e.name].milliseconds for e in examples]
    return np.array(lengths, np.float64) / 1000


def waveforms(
    examined: Examined, examples: Sequence[Example], preprocessor: AudioPreprocessor
) -> list[np.ndarray]:
    """Return the samples of recordings, float32 (length,) each, by the graph's own way.

    Raises:
        DataError: if a file is gone, or all are too long for memory.
    """
    seconds = seconds_of(examined, examples).sum()
    if (size := 4 * seconds * preprocessor.rate) > MOST_BYTES:
        raise DataError(
            f"{examined.source.name} has {seconds / 3600:.1f} hours, which take "
            f"{size / 1e9:.0f} GB of memory. Expected at most {MOST_BYTES / 1e9:.0f} "
            "GB: set `data.limit`, or a lower `data.options.rate`."
        )
    spec = [tf.TensorSpec((), tf.string)]
    read = tf.function(preprocessor.waveform, input_signature=spec, autograph=False)
    with tf.device("CPU"):
        return [read(file_of(examined, e)).numpy() for e in examples]


def file_of(examined: Examined, example: Example) -> bytes:
    """Return what a client would send of a recording."""
    return as_wav(examined.source.read(example))


def read_augmentation(context: LoadContext) -> AudioAugmentation:
    """Return `[data.augmentation]` of a recipe."""
    return AudioAugmentation(**context.config.augmentation)


def loading_notes(
    report: CheckReport, examples: Sequence[Example], speakers: Mapping[str, str]
) -> list[str]:
    """Return the lines to show the user before training begins."""
    notes = [report.summary()]
    for problem in report.problems:
        if problem.kind in ("sampling rates", "unknown speakers", "class imbalance"):
            notes.append(f"{problem.kind}: {problem.detail}")
    voices = {
        split: {speakers[e.name] for e in examples if e.split == split} - {""}
        for split in ("train", "test")
    }
    if voices["train"] and voices["test"]:
        known = voices["train"] & voices["test"]
        how = "all unknown to training"
        if known:
            how = f"{len(known)} of them trained on: new voices may do worse"
        notes.append(f"voices of the test: {len(voices['test'])}, {how}")
    return [note for note in notes if note]


def longest_allowed(seconds: float) -> float:
    """Return seconds that the user sets, 0 to choose.

    Raises:
        ConfigError: if they are out of range.
    """
    if not 0 <= seconds <= MOST_SECONDS:
        raise ConfigError(
            f"`data.options.seconds` must be from 0 (to choose) to {MOST_SECONDS}. "
            f"Received: {seconds}"
        )
    return seconds


def start_of(preprocessor: AudioPreprocessor) -> dict[str, Any]:
    """Return what networks begin with: the rate of their inputs."""
    return {"rate": preprocessor.rate}

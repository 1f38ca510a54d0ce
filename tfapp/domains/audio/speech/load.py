"""Recordings with what is said in them, as samples of any length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.data.arrays import Column
from tfapp.data.context import LoadContext
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.audio.changes import audio_change
from tfapp.domains.audio.dataset import (
    RecordingDataset,
    chosen_rate,
    loading_notes,
    read_augmentation,
    start_of,
    used_examples,
    waveforms,
)
from tfapp.domains.audio.preprocessor import (
    RAW,
    SAMPLES,
    WAVEFORM,
    AudioPreprocessor,
    read_preprocessor,
)
from tfapp.domains.audio.speech.check import examine_speech
from tfapp.domains.audio.speech.strings import Strings, join_strings
from tfapp.domains.audio.speech.tokens import (
    Unit,
    ids_of,
    learn_tokens,
    tokens_of,
)
from tfapp.domains.audio.wav import encode_wav

MOST_STRINGS = 1_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class SpeechDataset(RecordingDataset):
    """Recordings with what is said in them.

    Args:
        unit: what texts consist of.
    """

    unit: Unit

    def tokens(self, split: str) -> list[list[str]]:
        """Return what is said in each example of a split."""
        return [tokens_of(e.target, self.unit) for e in self.examples[split]]


def utterances(
    context: LoadContext,
    *,
    rate: int = 0,
    unit: Unit = "characters",
    speakers: Literal["apart", "mixed"] = "apart",
    test: str = "",
    validation: str = "",
    strings: int = 0,
    shortest: int = 3,
    longest: int = 5,
) -> SpeechDataset:
    """Recordings with what is said in them: a table with the columns path and text.

    Args:
        context: recipe, seed, split file.
        rate: samples per second; 0 for that of most recordings, at most 16,000.
        unit: what the network writes: "characters", or "words" as a whole.
        speakers: "apart" if all recordings of a speaker belong to one split, so that
            the test has new voices; "mixed" if voices may be in all of them.
        test: pattern of names that are for the test, such as "*_[0-4].wav"; "" for a
            share of all, or what the table says.
        validation: the same for the validation.
        strings: of recordings of single words, joined at random to learn from, with
            pauses and overlaps; 0 to take every recording as it is.
        shortest: words in a string.
        longest: words in a string.

    Raises:
        ConfigError: if an option is out of range or fits nothing.
        DataError: if the recordings cannot be used, or differ from the split file.
    """
    del speakers, test, validation  # the listing reads them itself
    _check_options(strings, shortest, longest)
    examined = examine_speech(context, unit)
    examples = used_examples(examined, context)
    if context.preprocess:
        preprocessor = read_preprocessor(context.preprocess)
    else:
        preprocessor = AudioPreprocessor(chosen_rate(rate, examined, examples))
    trained = [e.target for e in examples if e.split == "train"]
    labels = context.labels or learn_tokens(trained, unit)
    notes = loading_notes(examined.report, examples, examined.speakers)
    notes += _unknown_tokens(examples, labels, unit)
    waves: Sequence[np.ndarray] = waveforms(examined, examples, preprocessor)
    voices = examined.speakers
    if strings:
        lengths = [len(wave) for wave in waves]
        sizes = (shortest, longest)
        seed = context.config.split.seed
        spoken, plans = join_strings(
            examples, voices, lengths, preprocessor.rate, strings, sizes, seed
        )
        voices = {
            e.name: voices[examples[p.parts[0]].name]
            for e, p in zip(spoken, plans, strict=True)
        }
        waves, examples = Strings(plans, waves, preprocessor.rate), tuple(spoken)
        notes.append(
            f"{len(spoken):,} strings of {shortest} to {longest} recordings of one "
            "voice, with pauses and overlaps"
        )
    return _dataset(context, examples, waves, preprocessor, labels, unit, voices, notes)


def _dataset(
    context: LoadContext,
    examples: tuple[Example, ...],
    waves: Sequence[np.ndarray],
    preprocessor: AudioPreprocessor,
    labels: tuple[str, ...],
    unit: Unit,
    voices: dict[str, str],
    notes: list[str],
) -> SpeechDataset:
    lengths = np.array([len(wave) for wave in waves], np.int32)
    place = {e.name: number for number, e in enumerate(examples)}
    changes = read_augmentation(context)
    specs = {WAVEFORM: InputSpec((None,)), SAMPLES: InputSpec((), "int32")}
    return SpeechDataset(
        info=DataInfo(
            specs,
            (None,),
            len(labels),
            labels,
            fingerprint(examples),
            start_of(preprocessor),
        ),
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=[e.name for e in examples],
        inputs={WAVEFORM: Column(waves), SAMPLES: Column(lengths)},
        answers=Column([ids_of(e.target, labels, unit) for e in examples]),
        read=lambda e: {RAW: encode_wav(waves[place[e.name]], preprocessor.rate)},
        batch_size=context.config.batch_size,
        change=audio_change(changes),
        augmentation=changes.model_dump(exclude_defaults=True),
        notes=tuple(notes),
        lengths=lengths,
        speakers=voices,
        unit=unit,
    )


def _check_options(strings: int, shortest: int, longest: int) -> None:
    """Refuse numbers out of range.

    Raises:
        ConfigError: naming the option.
    """
    if not 0 <= strings <= MOST_STRINGS:
        raise ConfigError(
            f"`data.options.strings` must be from 0 to {MOST_STRINGS:,}. "
            f"Received: {strings}"
        )
    if not 1 <= shortest <= longest:
        raise ConfigError(
            "`data.options.shortest` must be 1 or more and at most `longest`. "
            f"Received: {shortest} and {longest}"
        )


def _unknown_tokens(
    examples: Sequence[Example], labels: Sequence[str], unit: Unit
) -> list[str]:
    """Return a note on tokens that the network has no output for."""
    known = set(labels)
    missing = sorted({t for e in examples for t in tokens_of(e.target, unit)} - known)
    if not missing:
        return []
    return [
        f"{len(missing)} {unit} have no output, since no training text has them, and "
        f"count as mistakes: {missing[:5]}"
    ]

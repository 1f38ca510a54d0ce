"""Recordings with one class each, as samples of one length."""

from functools import cached_property
from typing import Any, Literal

import numpy as np

from tfapp.data.arrays import Column
from tfapp.data.context import LoadContext
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.audio.changes import audio_change
from tfapp.domains.audio.check import Examined, examine
from tfapp.domains.audio.classification.kernel_ridge import (
    RidgeSolution,
    Rows,
    kernel_ridge,
    room_for,
)
from tfapp.domains.audio.classification.pooled import pooled_spectra
from tfapp.domains.audio.dataset import (
    RecordingDataset,
    chosen_rate,
    file_of,
    loading_notes,
    longest_allowed,
    read_augmentation,
    seconds_of,
    start_of,
    used_examples,
    waveforms,
)
from tfapp.domains.audio.preprocessor import (
    RAW,
    WAVEFORM,
    AudioPreprocessor,
    read_preprocessor,
)

USUAL = 99
"""Percentile of the lengths of training recordings that is read whole by default."""
LONGEST = 10.0
"""Seconds of a recording that are read by default, at most."""
SHORTEST = 0.1


class ClassifiedRecordings(RecordingDataset):
    """Recordings with one class each."""

    @cached_property
    def pooled(self) -> np.ndarray:
        """Pooled spectra of all recordings, as the columns have them."""
        waveforms = np.asarray(self.inputs[WAVEFORM].values)
        return pooled_spectra(waveforms, self.preprocessor.rate)

    def spectra(self, *splits: str) -> Rows:
        """Return pooled spectra and classes of splits."""
        places = self.rows(*splits)
        return self.pooled[places], np.asarray(self.answers.values)[places]

    @cached_property
    def ridge(self) -> RidgeSolution:
        """The kernel ridge regression of the training spectra."""
        train, held_out = self.spectra("train"), self.spectra("validation")
        chosen = held_out if len(held_out[1]) else None
        return kernel_ridge(train, chosen, self.info.num_outputs)

    def ridge_weights(self) -> list[np.ndarray]:
        """Return weights of a layer with room for the validation spectra too."""
        learned = len(self.examples["train"]) + len(self.examples["validation"])
        return self.ridge.layer_weights(room_for(learned))


def recordings(
    context: LoadContext,
    *,
    rate: int = 0,
    seconds: float = 0.0,
    speakers: Literal["apart", "mixed"] = "apart",
    test: str = "",
    validation: str = "",
) -> ClassifiedRecordings:
    """Recordings with one class name each: spoken words, instruments, noises.

    Args:
        context: recipe, seed, split file.
        rate: samples per second; 0 for that of most recordings, at most 16,000.
        seconds: of a recording that are read; 0 for as many as 99 % of the training
            recordings have, at most 10. Shorter ones are filled up with silence.
        speakers: "apart" if all recordings of a speaker belong to one split, so that
            the test has new voices; "mixed" if voices may be in all of them.
        test: pattern of names that are for the test, such as "*_[0-4].wav"; "" for a
            share of all, or what folders and tables say.
        validation: the same for the validation.

    Raises:
        ConfigError: if an option is out of range or fits nothing.
        DataError: if the recordings cannot be used, or differ from the split file.
    """
    del speakers, test, validation  # the listing reads them itself
    longest_allowed(seconds)
    examined = examine(context)
    examples = used_examples(examined, context)
    notes = loading_notes(examined.report, examples, examined.speakers)
    if context.preprocess:
        preprocessor = read_preprocessor(context.preprocess)
    else:
        trained = [e for e in examples if e.split == "train"]
        lengths = seconds_of(examined, trained)
        usual = min(float(np.percentile(lengths, USUAL)), LONGEST)
        length = max(seconds or usual, SHORTEST)
        if longer := int((lengths > length).sum()):
            notes.append(
                f"{longer} of {len(lengths):,} training recordings are longer than "
                f"{length:.2f} s: their beginning is read (data.options.seconds)"
            )
        chosen = chosen_rate(rate, examined, examples)
        preprocessor = AudioPreprocessor(chosen, round(length * chosen))
    return _dataset(context, examined, examples, preprocessor, notes)


def _dataset(
    context: LoadContext,
    examined: Examined,
    examples: tuple[Example, ...],
    preprocessor: AudioPreprocessor,
    notes: list[str],
) -> ClassifiedRecordings:
    labels = context.labels or examined.source.labels
    values = np.zeros((len(examples), preprocessor.samples), np.float32)
    for row, own in zip(
        values, waveforms(examined, examples, preprocessor), strict=True
    ):
        row[: len(own)] = own[: len(row)]
    changes = read_augmentation(context)
    start: dict[str, Any] = start_of(preprocessor)
    if not context.preprocess:
        # Fitted when a network asks for it: most have none.
        start["kernel_ridge"] = lambda: dataset.ridge_weights()
    dataset: ClassifiedRecordings = ClassifiedRecordings(
        info=DataInfo(
            {WAVEFORM: InputSpec((preprocessor.samples,))},
            (),
            len(labels),
            labels,
            fingerprint(examples),
            start,
        ),
        examples={s: tuple(e for e in examples if e.split == s) for s in SPLITS},
        preprocessor=preprocessor,
        names=[e.name for e in examples],
        inputs={WAVEFORM: Column(values)},
        answers=Column(np.array([labels.index(e.target) for e in examples], np.int64)),
        read=lambda example: {RAW: file_of(examined, example)},
        batch_size=context.config.batch_size,
        one_hot=True,
        change=audio_change(changes),
        augmentation=changes.model_dump(exclude_defaults=True),
        notes=tuple(notes),
        speakers=examined.speakers,
    )
    return dataset

"""Write down what is said in recordings of any length."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import ConfigError, DataError, ModelError
from tfapp.base.reporter import Reporter
from tfapp.export.inputs import find_files, require_answers
from tfapp.verbs.runs.loading import LoadedModel, load

if TYPE_CHECKING:
    from tfapp.domains.audio.speech.decoding.streaming import Part
    from tfapp.export.predictor import Predictor

SHORTEST = 0.5
"""Seconds of an overlap; a part has four times as many."""


@dataclass(frozen=True)
class Transcript:
    """What is said in one recording.

    Args:
        path: of the file.
        text: of the whole recording.
        tokens: of the text.
        times: when each begins, seconds.
        seconds: how long the recording is.
        error: why there is no text, "" if there is.
    """

    path: str
    text: str = ""
    tokens: Sequence[str] = ()
    times: Sequence[float] = ()
    seconds: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready row."""
        if self.error:
            return {"path": self.path, "error": self.error}
        return {
            "path": self.path,
            "text": self.text,
            "seconds": round(self.seconds, 3),
            "tokens": list(self.tokens),
            "times": [round(time, 3) for time in self.times],
        }


@dataclass(frozen=True)
class Transcripts:
    """One row per recording, in the order of the inputs."""

    rows: tuple[Transcript, ...]

    def require_good(self) -> None:
        """Refuse to pass over recordings without a text.

        Raises:
            DataError: with their number and the first of them.
        """
        require_answers(self.rows)


def transcribe(
    model: str | Path | LoadedModel,
    inputs: Sequence[str],
    *,
    seconds: float = 10.0,
    overlap: float = 2.0,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Transcripts:
    """Write down what is said in recordings of any length.

    They are read and answered in parts that overlap, so an hour needs no more memory
    than a part. A recording that is no longer than a part is answered as a whole, as
    `tfapp predict` does.

    Args:
        model: a run or SavedModel of speech, or what `tfapp.load` returned for one.
        inputs: files, folders (searched through), or glob patterns.
        seconds: of a part, at most.
        overlap: seconds that neighbouring parts share: about four words.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        One row per recording; one that cannot be read has an error in its row.

    Raises:
        TfappError: if an option is out of range, there is no input, or the model writes
            no text.
    """
    _check_options(seconds, overlap)
    reporter = reporter or Reporter()
    find_files(inputs)  # before the seconds that TensorFlow takes
    if not isinstance(model, LoadedModel):
        model = load(model, runs_folder=runs_folder, reporter=reporter)
    predictor = model.predictor
    _require_speech(predictor)
    paths = find_files(inputs, predictor.interface.suffixes)
    rows = [_transcribed(predictor, p, (seconds, overlap), reporter) for p in paths]
    return Transcripts(tuple(rows))


def _check_options(seconds: float, overlap: float) -> None:
    """Refuse parts that cannot be.

    Raises:
        ConfigError: naming the option.
    """
    from tfapp.domains.audio.preprocessor import MOST_SECONDS

    if not 4 * SHORTEST <= seconds <= MOST_SECONDS:
        raise ConfigError(
            f"`seconds` must be from {4 * SHORTEST:g} to {MOST_SECONDS}. "
            f"Received: {seconds:g}"
        )
    if not SHORTEST <= overlap <= seconds / 2:
        raise ConfigError(
            f"`overlap` must be from {SHORTEST} to half of `seconds`, "
            f"{seconds / 2:g}. Received: {overlap:g}"
        )


def _require_speech(predictor: "Predictor") -> None:
    """Refuse a model of another task.

    Raises:
        ModelError: naming the task.
    """
    from tfapp.domains.audio.speech.interface import INTERFACE

    if predictor.interface.prediction is not INTERFACE.prediction:
        task = predictor.card.get("task", "unknown")
        raise ModelError(
            f"The model is of the task {task!r} and writes no text of recordings. "
            "Expected one of 'speech': see docs/audio.md."
        )


def _transcribed(
    predictor: "Predictor", path: Path, lengths: tuple[float, float], reporter: Reporter
) -> Transcript:
    """Return what is said in one file, or why it cannot be read."""
    from tfapp.domains.audio.reading.parts import open_recording
    from tfapp.domains.audio.speech.decoding.streaming import joined, parts_of
    from tfapp.domains.audio.speech.tokens import text_of

    try:
        recording = open_recording(path)
        longest, overlap = (round(length * recording.rate) for length in lengths)
        places = parts_of(recording.samples, longest, overlap)
        answered = []
        with reporter.stage(f"transcribe {path.name}", unit="parts") as stage:
            for done, (start, stop) in enumerate(places, start=1):
                content = recording.part(start, stop)
                answered.append(_answered(predictor, content, start, recording.rate))
                stage(done, len(places))
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}."
        return Transcript(str(path), error=why)
    except DataError as error:
        return Transcript(str(path), error=str(error))
    tokens, times = joined(answered)
    seconds = recording.samples / recording.rate
    return Transcript(str(path), text_of(tokens), tokens, times, seconds)


def _answered(predictor: "Predictor", content: bytes, start: int, rate: int) -> "Part":
    """Return what is said in one part; nothing in one that is silent.

    Args:
        predictor: answers WAV files.
        content: of a WAV file.
        start: of the part in the recording, samples.
        rate: samples per second.

    Raises:
        DataError: if the part cannot be read.
    """
    from tfapp.domains.audio.inspection import is_silent
    from tfapp.domains.audio.preprocessor import RAW
    from tfapp.domains.audio.speech.decoding.streaming import Part
    from tfapp.domains.audio.wav import read_wav

    samples = read_wav(content).samples
    begin, end = start / rate, (start + len(samples)) / rate
    if is_silent(samples):
        return Part(begin, end, (), ())
    (answer,) = predictor.answers([{RAW: content}])
    if isinstance(answer, str):
        raise DataError(f"{answer}.")
    columns = predictor.interface.prediction(answer).columns
    times = [begin + time for time in columns["times"]]
    return Part(begin, end, columns["tokens"], times)

"""Text of long recordings in parts: is it that of the whole, how quick, how large?

    python benchmarks/transcribing.py audio/fsdd_strings --minutes 60

The test strings of a run are transcribed as a whole and in parts that are shorter than
most of them; then ten of them in a row as one recording, as a whole and in parts; then
as many as fill the minutes, in parts, by one thread. The real-time factor is processor
time by the length of the recording.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from run_once import run_once

import tfapp
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.domains.audio.preprocessor import WAVEFORM
from tfapp.domains.audio.speech.mistakes import mistakes_of
from tfapp.domains.audio.wav import encode_wav

QUIET = Reporter(True)
IN_A_ROW = 10
LONGEST = 600.0
"""Seconds of a part: all of a string."""


def main() -> None:
    """Print a row for each length of recordings and parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", help="of speech; its run is made if it is not there")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--folder", type=Path, default=Path("runs/accuracy"))
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    run = run_once(arguments.recipe, arguments.overrides, arguments.folder)
    model = tfapp.load(str(run.folder), reporter=QUIET)
    dataset: Any = load_dataset(
        run.recipe().data, seed=run.recipe().seed, split_file=run.split_file
    )
    waves = dataset.inputs[WAVEFORM].values
    strings = [(waves[row], said) for row, said in _test_rows(dataset)]
    rate = dataset.preprocessor.rate
    print("| recordings | each | parts | tokens wrong | same text as the whole |")
    print("|---|---|---|---|---|")
    rows = [joined_strings(strings[i::IN_A_ROW]) for i in range(IN_A_ROW)]
    for recordings, parts in ((strings, (2.0, 1.0)), (rows, (10.0, 2.0))):
        compare(model, recordings, rate, parts)
    count = int(arguments.minutes * 60 * rate)
    long, _ = joined_strings(_repeated(strings, count))
    measure(model, long[:count], rate)


def _test_rows(dataset: Any) -> Iterable[tuple[int, list[str]]]:
    return zip(dataset.rows("test"), dataset.tokens("test"), strict=True)


def _repeated(strings: list[Any], count: int) -> list[Any]:
    """Return strings again and again until they have so many samples."""
    times = -(-count // sum(len(wave) for wave, _ in strings))
    return strings * times


def joined_strings(strings: list[Any]) -> tuple[np.ndarray, list[str]]:
    """Return recordings in a row, and what is said in all of them."""
    said = [token for _, tokens in strings for token in tokens]
    return np.concatenate([wave for wave, _ in strings]), said


def compare(
    model: Any, recordings: list[Any], rate: int, parts: tuple[float, float]
) -> None:
    """Print what is wrong as a whole and in parts, and how many texts are equal."""
    texts = []
    waves, said = zip(*recordings, strict=True)
    for seconds, overlap in ((LONGEST, 1.0), parts):
        lengths = {"seconds": seconds, "overlap": overlap}
        texts.append(answers(model, waves, rate, **lengths))
        wrong = sum(
            mistakes_of(s, a).total for s, a in zip(said, texts[-1], strict=True)
        )
        share = wrong / max(sum(map(len, said)), 1)
        same = np.mean([a == b for a, b in zip(texts[0], texts[-1], strict=True)])
        each = sum(map(len, waves)) / rate / len(waves)
        name = "whole" if seconds == LONGEST else f"{seconds:g} s, {overlap:g} s shared"
        print(f"| {len(waves)} | {each:.1f} s | {name} | {share:.2%} | {same:.1%} |")


def answers(
    model: Any, waves: Iterable[np.ndarray], rate: int, **lengths: float
) -> list[list[str]]:
    """Return the tokens of recordings, written as files and transcribed."""
    with tempfile.TemporaryDirectory() as folder:
        for number, wave in enumerate(waves):
            file = Path(folder) / f"{number:05d}.wav"
            file.write_bytes(encode_wav(wave, rate))
        found = tfapp.transcribe(model, [folder], **lengths, reporter=QUIET)
    found.require_good()
    return [list(row.tokens) for row in found.rows]


def measure(model: Any, wave: np.ndarray, rate: int) -> None:
    """Print processor time and memory of one long recording."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.wav"
        file.write_bytes(encode_wav(wave, rate))
        seconds = len(wave) / rate
        del wave
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        (row,) = tfapp.transcribe(model, [str(file)], reporter=QUIET).rows
        used = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{seconds / 60:.1f} minutes: {len(row.tokens):,} tokens, real-time factor "
        f"{used / seconds:.4f}, {grown:.0f} MB more memory"
    )


if __name__ == "__main__":
    main()

"""Answer check inputs with a SavedModel, in a process that knows nothing else.

`python -m tfapp.export.checking.verify` imports TensorFlow and reads the paths of a
SavedModel and of a folder from stdin, with a zero byte between. From the folder it
reads `questions.pickle`, and it writes `answers.pickle` there.
"""

import gc
import pickle
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # A SavedModel has to work where Keras is missing; leaving it out, and what else
    # TensorFlow imports if it is here, also halves the seconds of its import.
    for package in ("keras", "jax", "matplotlib", "pandas", "sklearn"):
        sys.modules[package] = None  # type: ignore[assignment]
    gc.disable()  # the process is short

import tensorflow as tf

from tfapp.export.signatures import DEFAULT, call
from tfapp.export.spec import Arrays
from tfapp.export.warmup import replay
from tfapp.machine.graphs import as_they_are

QUESTIONS, ANSWERS = "questions.pickle", "answers.pickle"

Batches = Mapping[str, Sequence[Arrays]]
"""Signature → batches of its inputs, or of its outputs."""


@dataclass(frozen=True)
class Answers:
    """What a SavedModel answers, and how quickly.

    Args:
        outputs: of every signature that was called.
        latency: milliseconds of loading, of the first request and of the second, by
            the names "load_ms", "first_request_ms" and "second_request_ms".
        warmup_requests: number of requests of the warm-up file that it answered.
    """

    outputs: Batches
    latency: Mapping[str, float]
    warmup_requests: int


def answer(folder: Path, questions: Batches) -> Answers:
    """Load a SavedModel, time it, and answer with each of its signatures.

    Args:
        folder: of the SavedModel.
        questions: signature → batches of its inputs; the first row of
            "serving_default" is the request that is timed.
    """
    started = time.perf_counter()
    loaded = tf.saved_model.load(str(folder))
    latency = {"load_ms": _milliseconds_since(started)}
    signatures = loaded.signatures
    row = {name: array[:1] for name, array in questions[DEFAULT][0].items()}
    for request in ("first", "second"):
        started = time.perf_counter()
        call(signatures[DEFAULT], row)
        latency[f"{request}_request_ms"] = _milliseconds_since(started)

    def ask(name: str, inputs: Arrays) -> Arrays:
        # That of most requests is optimised, as servers do; the others, which share
        # its network, would take this process half a second each.
        with nullcontext() if name == DEFAULT else as_they_are():
            return call(signatures[name], inputs)

    outputs = {
        name: [ask(name, inputs) for inputs in batches]
        for name, batches in questions.items()
    }
    return Answers(outputs, latency, replay(ask, folder))


def main() -> None:
    """Answer the questions of one folder and write the answers there."""
    folder, _, place = sys.stdin.buffer.read().decode().partition("\0")
    if not place:  # nobody asks any more
        return
    questions = pickle.loads((Path(place) / QUESTIONS).read_bytes())
    answers: Any = answer(Path(folder), questions)
    passed = (answers.outputs, answers.latency, answers.warmup_requests)
    (Path(place) / ANSWERS).write_bytes(pickle.dumps(passed))
    gc.freeze()  # else Python looks through all objects at its end, for a second


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


if __name__ == "__main__":
    main()

"""Answer check images with a SavedModel, in a process that knows nothing else.

`python -m tfapp.export.verify SAVED_MODEL QUESTIONS` reads `encoded.tfrecord` and
`images.npy` from the folder QUESTIONS and writes `answers.npz` there.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # A SavedModel has to work where Keras is missing; leaving it out also halves the
    # seconds that TensorFlow takes to import.
    sys.modules["keras"] = None  # type: ignore[assignment]

import numpy as np
import tensorflow as tf

from tfapp.export.warmup import read_records, replay, write_records

BATCH_SIZE = 32


def answer_questions(
    folder: Path, encoded: Sequence[bytes], images: np.ndarray
) -> dict[str, np.ndarray]:
    """Load a SavedModel, time it, and answer with each of its signatures.

    Args:
        folder: of the SavedModel.
        encoded: encoded images, at least one.
        images: uint8 (batch, height, width, channels), any size.

    Returns:
        Probabilities (batch, num_classes) under "serving_default", "serve_images" and,
        where there are such signatures, "classify" and "explain"; the class names
        under "classes"; milliseconds under "load_ms", "first_request_ms" and
        "second_request_ms"; "warmup_requests", a count.
    """
    started = time.perf_counter()
    loaded = tf.saved_model.load(str(folder))
    load_ms = _milliseconds_since(started)
    serve = loaded.signatures["serving_default"]
    first_request_ms, second_request_ms = (_request_ms(serve, encoded) for _ in "12")
    names = serve(image_bytes=tf.constant(encoded[:1]))["classes"].numpy()[0]
    return _answers_of_some(loaded, encoded) | {
        "serving_default": _answer(serve, "image_bytes", encoded, "probabilities"),
        "serve_images": _answer(
            loaded.signatures["serve_images"], "images", images, "probabilities"
        ),
        "classes": np.array([name.decode() for name in names]),
        "load_ms": np.array(load_ms),
        "first_request_ms": np.array(first_request_ms),
        "second_request_ms": np.array(second_request_ms),
        "warmup_requests": np.array(replay(loaded, folder)),
    }


def _answers_of_some(loaded: Any, encoded: Sequence[bytes]) -> dict[str, np.ndarray]:
    """Return the answers of the signatures that only some models have."""
    found, signatures = {}, loaded.signatures
    if "classify" in signatures:
        examples = [as_example(image) for image in encoded]
        found["classify"] = _answer(
            signatures["classify"], "inputs", examples, "scores"
        )
    if "explain" in signatures:
        explain = signatures["explain"]
        found["explain"] = _answer(explain, "image_bytes", encoded, "probabilities")
    return found


def as_example(encoded: bytes) -> bytes:
    """Return a serialized tf.train.Example with one encoded image."""
    example = tf.train.Example()
    example.features.feature["image_bytes"].bytes_list.value.append(encoded)
    return bytes(example.SerializeToString())


def write_questions(
    questions: Path, encoded: Sequence[bytes], images: np.ndarray
) -> None:
    """Leave the check images where `main` finds them."""
    write_records(questions / "encoded.tfrecord", encoded)
    np.save(questions / "images.npy", images)


def read_answers(questions: Path) -> dict[str, np.ndarray]:
    """Return what `main` wrote."""
    with np.load(questions / "answers.npz") as answers:
        return dict(answers)


def main(folder: str, questions: str) -> None:
    """Answer the questions of one folder and write the answers there."""
    place = Path(questions)
    encoded = read_records(place / "encoded.tfrecord")
    images = np.load(place / "images.npy")
    np.savez(place / "answers.npz", **answer_questions(Path(folder), encoded, images))  # type: ignore[arg-type]


def _answer(function: Any, name: str, values: Any, output: str) -> np.ndarray:
    batches = range(0, len(values), BATCH_SIZE)
    parts = [
        function(**{name: tf.constant(values[i : i + BATCH_SIZE])})[output].numpy()
        for i in batches
    ]
    return np.concatenate(parts)


def _request_ms(serve: Any, encoded: Sequence[bytes]) -> float:
    started = time.perf_counter()
    serve(image_bytes=tf.constant(encoded[:1]))["probabilities"].numpy()
    return _milliseconds_since(started)


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


if __name__ == "__main__":
    main(*sys.argv[1:])

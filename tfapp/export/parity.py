"""Does the exported model answer what the Keras model answers?"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ExportError
from tfapp.export.options import ExportOptions
from tfapp.export.signatures import ImagePreprocess, fit_batch, probabilities_of
from tfapp.export.verify import BATCH_SIZE, read_answers, write_questions

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Questions:
    """Check images and what the Keras model says about them.

    Args:
        encoded: encoded images.
        images: uint8 (batch, height, width, channels), not of the model's size.
        probabilities: by signature, float32 (batch, num_classes).
    """

    encoded: Sequence[bytes]
    images: np.ndarray
    probabilities: Mapping[str, np.ndarray]


def make_questions(
    model: Any,
    preprocess: ImagePreprocess,
    options: ExportOptions,
    signatures: Iterable[str],
) -> Questions:
    """Answer the check images with the Keras model itself.

    Everything is computed on the CPU, op by op: GPUs round convolutions to 10 bits
    of mantissa, which would hide or fake differences.

    Args:
        model: Keras model, images in [0, 255] to logits.
        preprocess: shared with the exported model.
        options: the check images, at least one, and the temperature.
        signatures: names of those of the exported model.
    """
    shape, encoded = model.input_shape[1:], options.check_images
    with tf.device("/CPU:0"):
        inputs = tf.stack([tf.cast(preprocess(e), tf.float32) for e in encoded])
        images = _raw_images(inputs.numpy())
        fitted = fit_batch(preprocess, tf.constant(images), shape)
        from_bytes = _in_batches(model, inputs, options.temperature)
        from_images = _in_batches(model, fitted, options.temperature)
    probabilities = {
        name: from_images if name == "serve_images" else from_bytes
        for name in signatures
    }
    return Questions(encoded, images, probabilities)


def ask_fresh_process(folder: Path, questions: Questions) -> dict[str, np.ndarray]:
    """Answer the questions with the SavedModel, in a process without Keras.

    Args:
        folder: of the SavedModel.
        questions: only `encoded` and `images` are passed on.

    Returns:
        See tfapp.export.verify.answer_questions.

    Raises:
        ExportError: if the process fails; with the last line of its error.
    """
    with tempfile.TemporaryDirectory(prefix="tfapp-verify-") as place:
        write_questions(Path(place), questions.encoded, questions.images)
        command = [sys.executable, "-m", "tfapp.export.verify", str(folder), place]
        done = subprocess.run(command, capture_output=True, env=environment())
        if done.returncode != 0:
            raise ExportError(
                "The exported model does not work in a process of its own: "
                f"{last_useful_line(done.stderr, done.returncode)}"
            )
        return read_answers(Path(place))


def compare(
    questions: Questions,
    answers: Mapping[str, np.ndarray],
    class_names: Sequence[str],
    tolerance: float,
) -> dict[str, Any]:
    """Compare the answers of the SavedModel with those of the Keras model.

    Args:
        questions: with the probabilities expected.
        answers: see tfapp.export.verify.answer_questions.
        class_names: names in the order of the probabilities.
        tolerance: largest absolute difference of a probability allowed.

    Returns:
        JSON-ready result: the largest difference overall and by signature.

    Raises:
        ExportError: if anything differs.
    """
    if answers["classes"].tolist() != list(class_names):
        raise ExportError(
            f"The exported model names its classes {answers['classes'].tolist()}. "
            f"Expected {list(class_names)}."
        )
    differences = {
        name: float(np.max(np.abs(answers[name] - expected)))
        for name, expected in questions.probabilities.items()
    }
    worst = max(differences, key=lambda name: differences[name])
    if not all(value <= tolerance for value in differences.values()):
        raise ExportError(
            f"The exported model answers differently: probabilities of {worst!r} are "
            f"off by up to {differences[worst]:.3g} on {len(questions.encoded)} check "
            f"images, more than `export.tolerance` = {tolerance:g}. "
            "Nothing was written."
        )
    return {
        "num_images": len(questions.encoded),
        "tolerance": tolerance,
        "max_difference": differences[worst],
        "by_signature": differences,
    }


def largest_difference(questions: Questions, others: Questions) -> float:
    """Return how far two models' probabilities for the same images lie apart."""
    pairs = zip(
        questions.probabilities.values(), others.probabilities.values(), strict=True
    )
    return max(float(np.max(np.abs(one - other))) for one, other in pairs)


def environment() -> dict[str, str]:
    """Return the environment of a fresh process: it finds tfapp, and no GPU."""
    path = os.pathsep.join(filter(None, [str(PROJECT_ROOT), os.getenv("PYTHONPATH")]))
    # The GPU belongs to the process that trained: it holds all of the memory.
    hidden = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return {**os.environ, **hidden, "PYTHONPATH": path}


def last_useful_line(stderr: bytes, returncode: int) -> str:
    """Return the line that names the error, out of a process' whole stderr."""
    lines = [s for s in stderr.decode(errors="replace").splitlines() if s.strip()]
    named = [s for s in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception)\b", s)]
    if returncode < 0:
        return f"it was ended by signal {-returncode} (9 usually means: no memory left)"
    return (named or lines or [f"exit code {returncode}"])[-1].strip()


def _raw_images(inputs: np.ndarray) -> np.ndarray:
    """Make uint8 images of another height than the model's: they need fitting."""
    rows = max(1, inputs.shape[1] * 3 // 4)
    pixels: np.ndarray = np.clip(np.rint(inputs[:, :rows]), 0, 255)
    return pixels.astype(np.uint8)


def _in_batches(model: Any, inputs: Any, temperature: float) -> np.ndarray:
    batches = (inputs[i : i + BATCH_SIZE] for i in range(0, len(inputs), BATCH_SIZE))
    parts = [probabilities_of(model, b, temperature).numpy() for b in batches]
    probabilities = np.concatenate(parts)
    if not np.isfinite(probabilities).all():
        raise ExportError(
            "The model answers NaN or infinity for the check images, so it is not "
            "exported. Train again with a smaller learning rate."
        )
    return probabilities

"""A loaded SavedModel that turns encoded images into probabilities."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import DataError, ExportError
from tfapp.export import CARD, LABELS

BATCH_SIZE = 32
MASKS = "mask_bytes"
"""Output of a segmentation: PNG pictures (batch,)."""


@dataclass(frozen=True)
class Predictor:
    """Probabilities of encoded images.

    Args:
        path: folder of the SavedModel.
        class_names: names in the order of the probabilities; () if the SavedModel
            does not say.
        loaded: the SavedModel; its functions die with it, so it is kept.
        function: the signature to call.
        input_name: its one input, string tensor (batch,).
        output_name: its output, float tensor (batch, num_classes).
    """

    path: Path
    class_names: tuple[str, ...]
    loaded: Any
    function: Any
    input_name: str
    output_name: str

    def predict(
        self, encoded: Sequence[bytes], names: Sequence[str] = ()
    ) -> np.ndarray:
        """Return float32 probabilities (images, num_classes).

        Args:
            encoded: JPEG, PNG, … images.
            names: of the images, for error messages; their positions if left out.

        Raises:
            DataError: if an image cannot be decoded; names the first one.
        """
        return self.answer(encoded, names)[0]

    def answer(
        self, encoded: Sequence[bytes], names: Sequence[str] = ()
    ) -> tuple[np.ndarray, list[bytes]]:
        """Return float32 probabilities, and the masks of a segmentation.

        Args:
            encoded: JPEG, PNG, … images.
            names: of the images, for error messages; their positions if left out.

        Returns:
            Probabilities (images, num_classes), and a PNG picture per image; [] if
            the model gives none.

        Raises:
            DataError: if an image cannot be decoded; names the first one.
        """
        width = len(self.class_names)
        parts = [np.empty((0, width), dtype=np.float32)] if not encoded else []
        masks: list[bytes] = []
        for start in range(0, len(encoded), BATCH_SIZE):
            batch = encoded[start : start + BATCH_SIZE]
            try:
                probabilities, pictures = self._call(batch)
            except tf.errors.InvalidArgumentError:
                self._blame(batch, start, names)
                raise
            parts.append(probabilities)
            masks += pictures
        return np.concatenate(parts), masks

    def _call(self, batch: Sequence[bytes]) -> tuple[np.ndarray, list[bytes]]:
        answer = self.function(**{self.input_name: tf.constant(list(batch))})
        found = np.asarray(answer[self.output_name].numpy(), dtype=np.float32)
        return found, list(answer[MASKS].numpy()) if MASKS in answer else []

    def _blame(self, batch: Sequence[bytes], start: int, names: Sequence[str]) -> None:
        """Name the broken image: TensorFlow's error does not say which one it is."""
        for index, image in enumerate(batch, start):
            try:
                self._call([image])
            except tf.errors.InvalidArgumentError as error:
                which = repr(names[index]) if names else f"number {index + 1}"
                raise DataError(
                    f"Image {which} cannot be decoded: {_reason(error)} "
                    "Remove it or save it again as JPEG or PNG."
                ) from None


def load_saved_model(path: str | Path) -> Predictor:
    """Load a SavedModel that takes encoded images.

    It need not be made by tfapp: one signature with a single string input (batch,)
    and a float output (batch, num_classes) is enough. Of several such outputs,
    `probabilities` or `scores` is taken.

    Args:
        path: folder that holds saved_model.pb.

    Raises:
        ExportError: if there is no SavedModel, it cannot be loaded, or no signature
            fits.
    """
    folder = Path(path)
    _check_folder(folder)
    try:
        loaded = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).partition("\n")[0]
        raise ExportError(f"Cannot load the SavedModel {folder}: {reason}") from error
    name, input_name, output_name = _find_signature(folder, loaded.signatures)
    function = loaded.signatures[name]
    width = function.structured_outputs[output_name].shape[1]
    class_names = read_class_names(folder) or tuple(map(str, range(width or 0)))
    return Predictor(folder, class_names, loaded, function, input_name, output_name)


def read_class_names(folder: Path) -> tuple[str, ...]:
    """Return the class names that a SavedModel carries, or () if it has none."""
    card = folder / CARD
    if card.is_file():
        try:
            content = json.loads(card.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ExportError(
                f"{card} is damaged: it is not JSON. Export the model again."
            ) from error
        return tuple(content.get("class_names", ()))
    labels = folder / LABELS
    if labels.is_file():
        return tuple(labels.read_text(encoding="utf-8").splitlines())
    return ()


def _reason(error: tf.errors.InvalidArgumentError) -> str:
    """Return the sentence inside TensorFlow's message, without the names of nodes."""
    noise = ("Graph execution error", "Detected at node", "<stack traces", "\t [[")
    lines = [s for s in error.message.splitlines() if s and not s.startswith(noise)]
    line = re.sub(r"\{\{.*?\}\}\s*", "", lines[0] if lines else "no reason given")
    line = line.removeprefix("assertion failed: [").removesuffix("]").strip()
    return line if line.endswith(".") else f"{line}."


def _check_folder(folder: Path) -> None:
    if (folder / "saved_model.pb").is_file():
        return
    found = "a folder without it" if folder.is_dir() else "nothing there"
    found = "a file" if folder.is_file() else found
    versions = sorted(
        (p.parent for p in folder.glob("*/saved_model.pb") if p.parent.name.isdigit()),
        key=lambda version: int(version.name),
    )
    hint = f" Did you mean {str(versions[-1])!r}?" if versions else ""
    raise ExportError(
        f"{str(folder)!r} is not a SavedModel: expected a folder with saved_model.pb, "
        f"found {found}.{hint}"
    )


def _find_signature(folder: Path, signatures: Any) -> tuple[str, str, str]:
    """Return the names of the signature, its input and its output."""
    for name in sorted(signatures, key=lambda name: (name != "serving_default", name)):
        function = signatures[name]
        inputs = function.structured_input_signature[1]
        output_name = _probability_output(function.structured_outputs)
        if output_name and len(inputs) == 1:
            (input_name, spec) = next(iter(inputs.items()))
            if spec.dtype == tf.string and spec.shape.is_compatible_with([7]):
                return name, input_name, output_name
    raise ExportError(
        f"The SavedModel {folder} has no signature that takes encoded images: "
        "expected one string input (batch,) and a float output (batch, classes). "
        f"Found: {_summary(signatures)}"
    )


def _probability_output(outputs: Any) -> str:
    """Return the name of the float output (batch, num_classes), "" if none fits."""
    fitting = [
        name
        for name, spec in outputs.items()
        if spec.dtype.is_floating and spec.shape.rank == 2
    ]
    preferred = [name for name in ("probabilities", "scores") if name in fitting]
    return (preferred or fitting or [""])[0]


def _summary(signatures: Any) -> str:
    """List the signatures in one line: name(input: dtype shape, …)."""
    lines = []
    for name in sorted(signatures):
        inputs = signatures[name].structured_input_signature[1].items()
        specs = ", ".join(f"{k}: {v.dtype.name} {v.shape}" for k, v in inputs)
        lines.append(f"{name}({specs})")
    return "; ".join(lines) or "no signature at all"

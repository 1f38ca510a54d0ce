"""A model in memory that answers raw inputs: a SavedModel, or one just loaded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from tfapp.base.errors import ConfigError, DataError, ExportError
from tfapp.base.storage.checksums import require_intact_tree
from tfapp.data.reading_errors import reason
from tfapp.export import read_card, read_labels
from tfapp.export.signatures import (
    DEFAULT,
    batches,
    call,
    compiled,
    file_signature,
    unstack,
)
from tfapp.export.spec import Arrays, Exported, Interface
from tfapp.machine.garbage import collection_paused

LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, DecodeError)


@dataclass(frozen=True)
class Predictor:
    """Answers to raw inputs.

    Args:
        function: the signature to call, compiled.
        inputs: name → tf.TensorSpec of what it takes.
        interface: of the model's task.
        preprocessor: of the model, for an interface that reads files with it.
        loaded: the SavedModel, whose functions live as long as it; None without.
        card: what lies next to the model as tfapp.json; {} if nothing does.
        others: name of a signature → its function and inputs; None for no such one.
    """

    function: Any
    inputs: Mapping[str, Any]
    interface: Interface
    preprocessor: Any = None
    loaded: Any = None
    card: Mapping[str, Any] = field(default_factory=dict)
    others: Callable[[str], tuple[Any, Mapping[str, Any]] | None] = lambda name: None

    def by(self, signature: str) -> "Predictor":
        """Return what answers by another signature of the model, by its name.

        Raises:
            ExportError: if the model has no such signature.
        """
        other = self.others(signature)
        if other is None:
            raise ExportError(f"The model has no signature {signature!r}.")
        function, inputs = other
        return replace(self, function=function, inputs=inputs)

    def rows(
        self, path: Path, said: Mapping[str, str] | None = None
    ) -> list[Mapping[str, Any]]:
        """Return the raw inputs that a file holds, one for each row to answer.

        Args:
            path: of the file.
            said: next to it, see `Interface.fields`; it goes before what a file says.

        Raises:
            ConfigError: if the model does not take what is said.
            DataError: if it cannot be read.
        """
        given = self.fields(said) if said else {}
        if self.interface.read is not None:
            rows = self.interface.read(path, self.preprocessor)
            return [{**row, **given} for row in rows]
        (name,) = self.inputs
        return [{name: self._converted(path.read_bytes())}]

    def fields(self, said: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the raw inputs that a user means; see `Interface.fields`.

        Raises:
            ConfigError: if the model does not take them.
        """
        if self.interface.fields is not None:
            return self.interface.fields(said)
        if said:
            raise ConfigError(
                f"The model takes files alone, and no {sorted(said)}. Leave them out."
            )
        return {}

    def in_memory(self, value: Any) -> Mapping[str, Any]:
        """Return the raw inputs that a value of a program means.

        Args:
            value: the content of a file, or what the interface encodes to one.

        Raises:
            DataError: if the model answers no such thing.
        """
        encode = self.interface.encode
        if not isinstance(value, bytes) and encode is not None:
            value = encode(value)
        only_files = self.interface.read is not None and self.interface.fields is None
        if only_files or not isinstance(value, bytes):
            raise DataError(
                "the model answers files, and no such value. Expected a path, or "
                f"a mapping of its inputs {sorted(self.inputs)}."
            )
        fields = self.fields({})
        (name,) = self.inputs.keys() - fields.keys()
        return {name: self._converted(value), **fields}

    def _converted(self, content: bytes) -> bytes:
        convert = self.interface.convert
        return convert(content) if convert else content

    def answers(self, rows: Sequence[Mapping[str, Any]]) -> list[Arrays | str]:
        """Return the answer to each row, or why there is none.

        Args:
            rows: raw inputs by name, without a batch axis.
        """
        return [
            answer
            for batch in batches(rows, self.inputs)
            for answer in self._answers(batch)
        ]

    def _answers(self, batch: Arrays) -> list[Arrays | str]:
        """Answer a batch; if that fails row by row, so that a bad one stays alone."""
        try:
            return [*unstack(call(self.function, batch))]
        except tf.errors.InvalidArgumentError as error:
            count = len(next(iter(batch.values())))
            if count == 1:
                return [reason(error)]
            rows = [{n: a[i : i + 1] for n, a in batch.items()} for i in range(count)]
            return [answer for row in rows for answer in self._answers(row)]


def model_predictor(
    exported: Exported, interface: Interface, card: Mapping[str, Any] | None = None
) -> Predictor:
    """Return what answers as the SavedModel of a model would.

    Args:
        exported: a model and what its answers need.
        interface: what it takes and answers.
        card: of the model; None without.
    """
    signatures = interface.signatures(exported)

    def others(name: str) -> tuple[Any, Mapping[str, Any]] | None:
        found = signatures.get(name)
        return (compiled(found), found.inputs) if found else None

    return Predictor(
        compiled(signatures[DEFAULT]),
        signatures[DEFAULT].inputs,
        interface,
        exported.preprocessor,
        card=card or {},
        others=others,
    )


def saved_model_predictor(folder: Path, interface: Interface) -> Predictor:
    """Load a SavedModel of a known interface.

    Args:
        folder: holds saved_model.pb.
        interface: of its task.

    Raises:
        ExportError: if there is no SavedModel or it cannot be loaded.
    """
    loaded, card = _load(folder), read_card(folder)

    def others(name: str) -> tuple[Any, Mapping[str, Any]] | None:
        function = loaded.signatures.get(name)
        return function and (function, function.structured_input_signature[1])

    function, inputs = others(DEFAULT) or (None, {})
    preprocessor = None
    if interface.read is not None:  # files are read by what training has measured
        preprocessor = interface.preprocessor(card["preprocess"])
    return Predictor(function, inputs, interface, preprocessor, loaded, card, others)


def foreign_predictor(folder: Path, interface: Interface) -> Predictor:
    """Load a SavedModel that others made.

    One signature with a single string input (batch,) and a float output (batch,
    labels) is enough. Of several such outputs, `probabilities` or `scores` is taken.

    Args:
        folder: holds saved_model.pb.
        interface: what makes predictions of `probabilities` and `classes`.

    Raises:
        ExportError: if there is no SavedModel, it cannot be loaded, or no signature
            fits.
    """
    loaded = _load(folder)
    name, output = file_signature(folder, loaded.signatures)
    signature = loaded.signatures[name]
    width = signature.structured_outputs[output].shape[1] or 0
    texts = read_labels(folder) or [str(i) for i in range(width)]
    labels = np.array([text.encode() for text in texts], object)

    def function(**inputs: Any) -> dict[str, Any]:
        scores = call(signature, {k: v.numpy() for k, v in inputs.items()})[output]
        return {"probabilities": scores, "classes": np.tile(labels, (len(scores), 1))}

    inputs = signature.structured_input_signature[1]
    return Predictor(function, inputs, interface, loaded=loaded)


def _load(folder: Path) -> Any:
    _check_folder(folder)
    require_intact_tree(folder)
    try:
        with collection_paused():
            return tf.saved_model.load(str(folder))
    except (*LOAD_ERRORS, tf.errors.OpError) as error:
        why = str(error).partition("\n")[0]
        raise ExportError(f"Cannot load the SavedModel {folder}: {why}") from error


def _check_folder(folder: Path) -> None:
    if (folder / "saved_model.pb").is_file():
        return
    place = "a folder without it" if folder.is_dir() else "nothing there"
    place = "a file" if folder.is_file() else place
    versions = sorted(
        (p.parent for p in folder.glob("*/saved_model.pb") if p.parent.name.isdigit()),
        key=lambda version: int(version.name),
    )
    hint = f" Did you mean {str(versions[-1])!r}?" if versions else ""
    raise ExportError(
        f"{str(folder)!r} is not a SavedModel: expected a folder with saved_model.pb, "
        f"found {place}.{hint}"
    )

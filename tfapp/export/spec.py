"""What an exported model takes and answers, as its task describes it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # the command line reads this file, and starts without NumPy
    import numpy as np

Arrays = Mapping[str, "np.ndarray"]
"""Arrays by name, of a batch or of one row of it; texts and files are object arrays."""

Alike = Callable[[Any, Any], bool] | None
"""Tells whether only rounding tells two elements of answers apart; see `Interface`."""

View = Literal[
    "classes", "tags", "text", "numbers", "pictures", "words", "tagged", "attention"
]
"""How a page shows an output: bars of shares, bars of which those from their threshold
on are set off, a text, a table, picture files, words coloured by the output
`word_weights`, words in the colours of their tags, and shades in a grid of the outputs
`rows` and `columns` (docs/text.md)."""


@dataclass(frozen=True)
class Exported:
    """A trained model with all that its answers need.

    Args:
        model: Keras model, inputs to outputs; a dict of inputs if there are several.
        preprocessor: raw inputs to inputs of the model, in TensorFlow operations.
        info: shapes and labels of the data.
        calibration: fitted on validation data and applied behind the model, JSON-ready.
        options: of the export, such as {"explain": True}; {} for the answers alone.
    """

    model: Any
    preprocessor: Any
    info: Any
    calibration: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def unchanged(raw: Arrays) -> Arrays:
    """Return raw inputs as they are."""
    return raw


@dataclass(frozen=True)
class Signature:
    """One function of an exported model.

    Args:
        function: tensors by the names of `inputs`, as keyword arguments, to a dict of
            tensors; the first axis of all of them is the batch.
        inputs: name → tf.TensorSpec.
        sample: a batch of raw inputs, as "serving_default" takes them, to inputs of
            this signature, for its check and its warm-up.
    """

    function: Callable[..., Mapping[str, Any]]
    inputs: Mapping[str, Any]
    sample: Callable[[Arrays], Arrays] = unchanged


@dataclass(frozen=True)
class Prediction:
    """The answer to one input, for people and for files.

    Args:
        text: the answer in a few words.
        columns: name → value, JSON-ready, for a line of a table; a mapping of numbers
            becomes a column for each of its keys.
        files: file name → content, such as {"table.csv": b"…"}; its stem is a column.
    """

    text: str
    columns: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Interface:
    """What the exported models of a task take and answer.

    Args:
        signatures: by name; one is "serving_default", whose inputs are the raw ones.
        prediction: what "serving_default" answers to one row → the prediction.
        preprocessor: what its `describe` returned → the preprocessor.
        outputs: output → how a page shows it; others are shown with the whole answer.
        read: file and preprocessor → raw inputs by name, one mapping for each row to
            answer; None where the content of the file is the only input.
        convert: the content of a file → what the model's graph can read of it; None
            where it reads every file itself.
        fields: what a user says next to a file, as texts by name → the raw inputs that
            are not in the file, by name, of which {} means that nothing is said; None
            where files are all.
        encode: what a program may hold in place of a file → the content of that file;
            None where there is no such thing.
        suffixes: how the names of files end that count in a folder; () for all of them.
        batch_sizes: of the requests of the warm-up.
        alike: two elements of an answer that are no floats, of two models → whether
            only rounding tells them apart; None where they have to be equal.
    """

    signatures: Callable[[Exported], Mapping[str, Signature]]
    prediction: Callable[[Arrays], Prediction]
    preprocessor: Callable[[Mapping[str, Any]], Any]
    outputs: Mapping[str, View]
    read: Callable[[Path, Any], Iterator[Mapping[str, Any]]] | None = None
    convert: Callable[[bytes], bytes] | None = None
    fields: Callable[[Mapping[str, str]], Mapping[str, Any]] | None = None
    encode: Callable[[Any], bytes] | None = None
    suffixes: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = (1, 8)
    alike: Alike = None

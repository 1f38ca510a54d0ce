"""What an exported translator takes and answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.domains.text.reading.folders import lines_of
from tfapp.domains.text.reading.table import SUFFIXES, is_table, read_table
from tfapp.domains.text.translation.models.recurrent_translator import (
    DECODER,
    encoder_of,
)
from tfapp.domains.text.translation.preprocessor import (
    JOINTS,
    TEXT,
    PairPreprocessor,
    read_preprocessor,
)
from tfapp.domains.text.translation.reading.columns import by_names
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the one signature of a translator.

    Args:
        exported: its model is a `recurrent_translator`.

    Returns:
        "serving_default": "text", string (batch,), to "target", string (batch,), the
        best answer of the beam search; "classes", string (batch, beams), all of its
        answers, and "probabilities", float32 (batch, beams); "columns", string (batch,
        places), and "rows", string (batch, steps), the symbols of text and answer, ""
        behind their ends, and "attention", float32 (batch, steps, places), where the
        network looked for each symbol of the answer: of sum 1, and 0 behind the ends.
    """
    preprocessor: PairPreprocessor = exported.preprocessor
    names = tf.constant(preprocessor.names)
    encoder = encoder_of(exported.model)
    decoder = exported.model.get_layer(DECODER)

    def translate(text: Any) -> dict[str, Any]:
        symbols = preprocessor.symbols({TEXT: text})
        source = preprocessor.ids_of(symbols)
        memory, ending = encoder(source, training=False)
        ids, scores = decoder.search(source, memory, ending)
        weights = decoder.along(source, memory, ending, ids[:, 0])[1]
        answers = _texts(tf.gather(names, ids), JOINTS[preprocessor.cut])
        rows, places = tf.gather(names, ids[:, 0]), tf.shape(symbols)[1]
        shown = tf.cast(weights[:, :, :places], tf.float32)
        both = (rows != "")[..., tf.newaxis] & (symbols != "")[:, tf.newaxis]
        shown = tf.where(both, shown, 0.0)
        missing = preprocessor.longest - places
        return {
            "target": answers[:, 0],
            "classes": answers,
            "probabilities": tf.exp(scores),
            "rows": rows,
            "columns": tf.pad(symbols, [[0, 0], [0, missing]]),
            "attention": tf.pad(shown, [[0, 0], [0, 0], [0, missing]]),
        }

    return {DEFAULT: Signature(translate, preprocessor.raw)}


def _texts(symbols: Any, joint: str) -> Any:
    """Return the texts of symbols, string (…, steps) to (…)."""
    joined = tf.strings.reduce_join(symbols, axis=-1, separator=joint)
    return tf.strings.strip(joined) if joint else joined


def prediction(answer: Arrays) -> Prediction:
    """Return the answer to one text, its probability and the other answers.

    Args:
        answer: of one row, see `signatures`.
    """
    shares = [float(share) for share in answer["probabilities"]]
    others = [_text(text) for text in answer["classes"][1:]]
    columns = {
        "target": _text(answer["target"]),
        "probability": shares[0],
        "others": others,
    }
    return Prediction(f"{columns['target']} ({shares[0]:.1%})", columns)


def read(path: Path, preprocessor: PairPreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield every line of a text file, or every source of a table.

    Raises:
        DataError: if the file is empty or no text.
    """
    if path.suffix.lower() != ".txt" and is_table(path):
        table = read_table(path)
        sides = by_names(table)
        cells = table.cells(sides.source if sides else 0)
        yield from ({TEXT: cell} for cell in cells)
        return
    lines = [line for _, line in lines_of(path)]
    if not lines:
        raise DataError(f"{path} is empty. Expected a text a line.")
    yield from ({TEXT: line} for line in lines)


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={"target": "text", "probabilities": "classes", "attention": "attention"},
    read=read,
    suffixes=(".txt", *SUFFIXES),
)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

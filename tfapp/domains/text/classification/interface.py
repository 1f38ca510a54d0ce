"""What an exported classifier of texts takes and answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.base.text_files import decoded
from tfapp.domains.text.preprocessor import TextPreprocessor, read_preprocessor
from tfapp.domains.text.reading.columns import find_text_column
from tfapp.domains.text.reading.table import SUFFIXES, is_table, read_table
from tfapp.export.spec import Exported, Interface, Signature
from tfapp.problems.classification.interface import (
    answer,
    calibrated,
    class_prediction,
    class_signatures,
)

EXPLAINED, WEIGHTS = "explained_words", "word_weights"


def text_signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a classifier of texts by name.

    Args:
        exported: its model takes numbers of words and returns logits.

    Returns:
        Those of `class_signatures`, which take strings as `text`; and with the option
        `explain` "explain", which takes and returns what "serving_default" does, and
        `explained_words`, string (batch, length), with `word_weights`, float32 (batch,
        length): what each word adds to the answer's logit, against the mean of all
        classes.
    """
    signatures = class_signatures(exported)
    return signatures | _explain(exported)


def _explain(exported: Exported) -> dict[str, Signature]:
    """Return the signature "explain"; nothing if it is not requested."""
    if not exported.options.get("explain", False):
        return {}
    from tfapp.domains.text.classification.explanation import word_weights

    preprocessor: TextPreprocessor = exported.preprocessor
    explained = word_weights(exported.model)

    def explain(**raw: Any) -> dict[str, Any]:
        logits, weights = explained(preprocessor(raw))
        words = preprocessor.cut_texts(raw).to_tensor(shape=(None, preprocessor.length))
        answers = answer(exported, calibrated(exported, logits))
        return {**answers, EXPLAINED: words, WEIGHTS: weights}

    return {"explain": Signature(explain, preprocessor.raw)}


def read_texts(path: Path, _: TextPreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield the text of a .txt file, or those of a table's column of texts.

    Raises:
        DataError: if the file holds no text.
    """
    if is_table(path):
        table = read_table(path)
        cells = table.cells(find_text_column(table))
        yield from ({"text": cell.encode()} for cell in cells)
        return
    try:
        text, _encoding = decoded(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path} is no text: {error}.") from None
    yield {"text": text.strip().encode()}


INTERFACE = Interface(
    signatures=text_signatures,
    prediction=class_prediction,
    preprocessor=read_preprocessor,
    outputs={"probabilities": "classes", EXPLAINED: "words"},
    read=read_texts,
    suffixes=(".txt", *SUFFIXES),
)

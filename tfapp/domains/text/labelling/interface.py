"""What an exported tagger takes and answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.domains.text.labelling.dataset import INTENT, given_tokens, tags_of
from tfapp.domains.text.labelling.evaluation.spans import marks_spans, spans_of
from tfapp.domains.text.labelling.reading.files import (
    SUFFIXES,
    has_suffix,
    read_file,
    text_of,
)
from tfapp.domains.text.labelling.tokens.preprocessor import (
    TEXT,
    SentencePreprocessor,
    read_preprocessor,
)
from tfapp.export.network import network_of
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature
from tfapp.problems.classification.interface import calibrated

SHOWN = 40
"""Tokens of an answer that a line of text shows."""


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the one signature of a tagger.

    Args:
        exported: its model takes ids and returns logits of tags and intents.

    Returns:
        "serving_default": "text", string (batch,), to "tokens" and "tags", string
        (batch, length), and "tag_scores", float32 (batch, length), the probability of
        each tag; "" and 0 behind the end of a sentence. With intents also "intent",
        string (batch,), and "intent_score", float32 (batch,).
    """
    preprocessor = exported.preprocessor
    names = exported.info.labels
    tags = tf.constant(list(tags_of(names)))
    intents = [n.removeprefix(INTENT) for n in names if n.startswith(INTENT)]
    count = len(names) - len(intents)

    def shares(logits: Any) -> Any:
        parts = [calibrated(exported, logits[..., :count])]
        if intents:
            parts.append(calibrated(exported, logits[..., count:]))
        return tf.concat(parts, axis=-1)

    network = network_of(exported, shares)

    def label(text: Any) -> dict[str, Any]:
        tokens = preprocessor.tokens({TEXT: text})
        found = network(preprocessor.of_tokens(tokens))
        present = tokens != ""
        best = tf.gather(tags, tf.argmax(found[..., :count], axis=-1))
        score = tf.reduce_max(found[..., :count], axis=-1)
        answer = {
            "tokens": tokens,
            "tags": tf.where(present, best, ""),
            "tag_scores": tf.where(present, score, 0.0),
        }
        if intents:
            whole = found[:, 0, count:]
            answer["intent"] = tf.gather(tf.constant(intents), tf.argmax(whole, -1))
            answer["intent_score"] = tf.reduce_max(whole, axis=-1)
        return answer

    return {DEFAULT: Signature(label, preprocessor.raw)}


def prediction(answer: Arrays) -> Prediction:
    """Return the tags of one sentence, its spans and its intent.

    Args:
        answer: of one row, see `signatures`.
    """
    tokens = [token for token in map(_text, answer["tokens"]) if token]
    tags = [_text(tag) for tag in answer["tags"][: len(tokens)]]
    scores = [float(score) for score in answer["tag_scores"][: len(tokens)]]
    columns: dict[str, Any] = {"tokens": tokens, "tags": tags, "scores": scores}
    pairs = [f"{token}/{tag}" for token, tag in zip(tokens, tags, strict=True)]
    if marks_spans({*tags, "O"}):
        spans = spans_of(tags)
        columns["spans"] = [
            {"kind": s.kind, "text": " ".join(tokens[s.start : s.stop])} for s in spans
        ]
        pairs = [f"[{' '.join(tokens[s.start : s.stop])}]/{s.kind}" for s in spans]
    text = " ".join(pairs[:SHOWN]) + (" …" if len(pairs) > SHOWN else "")
    if "intent" in answer:
        intent = _text(answer["intent"])
        columns |= {"intent": intent, "intent_score": float(answer["intent_score"])}
        text = f"{intent}: {text}"
    return Prediction(text or "nothing", columns)


def read(path: Path, preprocessor: SentencePreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield the raw input of every sentence of a file.

    Args:
        path: of a text with a sentence a line, or of tagged sentences, whose tokens
            stay as they are.
        preprocessor: not used.

    Raises:
        DataError: if the file is empty or no text.
    """
    if has_suffix(path):
        for sentence in read_file(path).sentences:
            yield {TEXT: given_tokens(sentence.tokens)}
        return
    lines = [line for line in text_of(path).splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path} is empty. Expected a sentence a line.")
    yield from ({TEXT: line} for line in lines)


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={"tags": "tagged", "intent": "text"},
    read=read,
    suffixes=(".txt", *SUFFIXES, *(f"{suffix}.gz" for suffix in SUFFIXES)),
)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

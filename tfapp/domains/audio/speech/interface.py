"""What an exported network of speech takes and answers."""

from typing import Any

import tensorflow as tf

from tfapp.domains.audio.conversion import as_wav
from tfapp.domains.audio.preprocessor import RAW, read_preprocessor
from tfapp.domains.audio.reading.spec import SUFFIXES
from tfapp.domains.audio.speech.decoding.alignment import token_frames
from tfapp.domains.audio.speech.decoding.decoder import read_decoder, text_probability
from tfapp.domains.audio.speech.tokens import text_of
from tfapp.export.network import network_of
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature

NO_TIME = -1.0


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the one signature of a network of speech.

    Args:
        exported: its model takes waveforms and returns logits of frames.

    Returns:
        "serving_default": "audio_bytes", string (batch,), to "text", string (batch,),
        "confidence", float32 (batch,), the probability of that text over all its
        alignments, "tokens", string (batch, longest), "" behind the last one, and
        "times", float32 (batch, longest), the seconds at which each token begins on the
        best path of that text, -1 behind the last one.
    """
    preprocessor, labels = exported.preprocessor, list(exported.info.labels)
    decoder = read_decoder(exported.calibration)
    names = tf.constant(["", *labels[1:]])
    joint = "" if text_of(labels[1:3]) == "".join(labels[1:3]) else " "
    step = exported.model.get_layer("log_mel").hop / preprocessor.rate
    network = network_of(exported, lambda logits: logits)

    def transcribe(**raw: Any) -> dict[str, Any]:
        logits = network(preprocessor(raw))
        ids = decoder.ids(logits)
        tokens = tf.ragged.map_flat_values(lambda flat: tf.gather(names, flat), ids)
        seconds = tf.cast(token_frames(logits, ids), tf.float32) * step
        return {
            "text": tf.strings.reduce_join(tokens, axis=1, separator=joint),
            "confidence": text_probability(logits, ids),
            "tokens": tokens.to_tensor(""),
            "times": seconds.to_tensor(NO_TIME),
        }

    return {DEFAULT: Signature(transcribe, {RAW: preprocessor.raw[RAW]})}


def prediction(row: Arrays) -> Prediction:
    """Return the text of one recording, with its tokens and their times.

    Args:
        row: of the answer, see `signatures`.
    """
    text = _text(row["text"])
    tokens = [token for token in map(_text, row["tokens"]) if token]
    times = [round(float(t), 3) for t in row["times"][: len(tokens)]]
    confidence = float(row["confidence"])
    columns = {"text": text, "confidence": confidence, "tokens": tokens, "times": times}
    return Prediction(f"{text or 'nothing'} ({confidence:.1%})", columns)


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={"text": "text"},
    convert=as_wav,
    suffixes=SUFFIXES,
)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

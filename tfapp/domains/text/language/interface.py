"""What an exported language model takes and answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.text.language.preprocessor import (
    OTHER,
    TEXT,
    CharacterPreprocessor,
    read_preprocessor,
)
from tfapp.domains.text.language.reading import SUFFIX, read_running_text
from tfapp.domains.text.language.stepping import Stepper
from tfapp.export.network import network_of
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature

SAMPLE = "sample"
CONTINUED = 200
"""Characters that the signature "sample" adds."""
SHOWN = 5


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the two signatures of a language model.

    Args:
        exported: its model takes ids and returns logits.

    Returns:
        "serving_default": "text", string (batch,), to "classes", string (batch,
        characters), and "probabilities", float32 (batch, characters), of the character
        that follows, and "next" (batch,), the most probable one. "sample": "text",
        "temperature", float32 (batch,), and "seed", int64 (batch,), to "text", string
        (batch,), 200 characters that follow.
    """
    preprocessor = exported.preprocessor
    names = tf.constant(preprocessor.names())
    network = network_of(exported, lambda logits: tf.cast(logits, tf.float32))

    def following(text: Any) -> dict[str, Any]:
        ragged = preprocessor.ragged({TEXT: text})
        logits = network(ragged.to_tensor(OTHER))
        last = tf.cast(ragged.row_lengths() - 1, tf.int32)
        shares = tf.nn.softmax(tf.gather(logits, last, batch_dims=1))
        batch = tf.shape(shares)[0]
        return {
            "probabilities": shares,
            "classes": tf.tile(names[tf.newaxis], [batch, 1]),
            "next": tf.gather(names, tf.argmax(shares[:, 1:], axis=-1) + 1),
        }

    def sample(text: Any, temperature: Any, seed: Any) -> dict[str, Any]:
        ragged = preprocessor.ragged({TEXT: text})
        ids = continued(Stepper(exported.model), ragged, temperature, seed)
        return {TEXT: tf.strings.reduce_join(tf.gather(names, ids), axis=-1)}

    specs = {
        TEXT: tf.TensorSpec((None,), tf.string),
        "temperature": tf.TensorSpec((None,), tf.float32),
        "seed": tf.TensorSpec((None,), tf.int64),
    }
    return {
        DEFAULT: Signature(following, preprocessor.raw),
        SAMPLE: Signature(sample, specs, _sample_inputs),
    }


def continued(stepper: Stepper, ragged: Any, temperature: Any, seed: Any) -> Any:
    """Return ids that follow prompts, int32 (batch, 200).

    Args:
        stepper: of the model.
        ragged: ids of the prompts, int32 (batch, length of each).
        temperature: float32 (batch,); 0 takes the most probable character.
        seed: int64 (batch,), of the draws of each row.
    """
    prompts = ragged.to_tensor(OTHER)
    lengths = tf.cast(ragged.row_lengths(), tf.int32)
    total = tf.shape(prompts)[1] + CONTINUED - 1
    batch = tf.shape(prompts)[0]
    states = stepper.begin(batch)
    drawn = tf.TensorArray(tf.int32, total, element_shape=(None,))

    def step(t: Any, last: Any, array: Any, *states: Any) -> tuple[Any, ...]:
        given = prompts[:, tf.minimum(t, tf.shape(prompts)[1] - 1)]
        logits, moved = stepper(tf.where(t < lengths, given, last), states)
        chosen = draw(logits, temperature, seed, t - lengths)
        return t + 1, chosen, array.write(t, chosen), *moved

    start = tf.zeros([batch], tf.int32)
    end = tf.while_loop(lambda t, *_: t < total, step, [0, start, drawn, *states])
    rows = tf.transpose(end[2].stack())
    places = lengths[:, tf.newaxis] - 1 + tf.range(CONTINUED)
    return tf.gather(rows, places, batch_dims=1)


def draw(logits: Any, temperature: Any, seed: Any, step: Any) -> Any:
    """Return a character for each row, int32 (batch,), by Gumbel's trick.

    Args:
        logits: (batch, characters).
        temperature: (batch,).
        seed: int64 (batch,); with `step` it decides the draw of a row alone.
        step: int32 (batch,), characters since the prompt.
    """
    scores = tf.cast(logits, tf.float32)[:, 1:]

    def noise(pair: Any) -> Any:
        shape = tf.shape(scores)[1:]
        even = tf.random.stateless_uniform(shape, pair, 1e-9, 1.0, alg="philox")
        return -tf.math.log(-tf.math.log(even))

    pairs = tf.stack([seed, tf.cast(step, tf.int64)], axis=1)
    rows = tf.map_fn(noise, pairs, fn_output_signature=tf.float32)
    best = tf.argmax(scores + temperature[:, tf.newaxis] * rows, axis=-1)
    return tf.cast(best, tf.int32) + 1


def prediction(answer: Arrays) -> Prediction:
    """Return the most probable characters that follow one text.

    Args:
        answer: of one row, see `signatures`.
    """
    order = np.argsort(-answer["probabilities"])[:SHOWN]
    pairs = [
        (_text(answer["classes"][i]), float(answer["probabilities"][i])) for i in order
    ]
    text = ", ".join(f"{name!r} {share:.1%}" for name, share in pairs)
    columns = {"next": _text(answer["next"]), "probability": pairs[0][1]}
    return Prediction(text, columns)


def read(
    path: Path, preprocessor: CharacterPreprocessor
) -> Iterator[Mapping[str, Any]]:
    """Yield the text of a file as the only row.

    Raises:
        DataError: if the file is empty or no text.
    """
    yield {TEXT: read_running_text(path).removesuffix("\n")}


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={"probabilities": "classes", "next": "text"},
    read=read,
    suffixes=(SUFFIX,),
)


def _sample_inputs(raw: Arrays) -> Arrays:
    count = len(raw[TEXT])
    return {
        TEXT: raw[TEXT],
        "temperature": np.full(count, 0.7, np.float32),
        "seed": np.arange(count, dtype=np.int64),
    }


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

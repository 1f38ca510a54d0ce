"""An encoder and a decoder with attention: a sequence to another one."""

from typing import Literal

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.text.lengths import Beams
from tfapp.domains.text.translation.layers.decoder import CELLS, AttentionDecoder
from tfapp.layers.outputs import LOGITS
from tfapp.recipes.config import Share

SOURCE = "source"
ENCODER, ENDING, DECODER = "encoder", "ending", "decoder"
"""Names of the layers that training and search take apart."""


def recurrent_translator(
    info: DataInfo,
    *,
    cell: Literal["gru", "lstm"] = "gru",
    units: int = 128,
    embedding_units: int = 32,
    attention: Literal["additive", "dot"] = "additive",
    dropout_rate: Share = 0.0,
    beams: Beams = 4,
    length_power: float = 0.0,
) -> keras.Model:
    """Read a text in both directions, and write another one by beam search.

    Args:
        info: one input of ids, the places of an answer, and the number of symbols.
        cell: "gru" or "lstm", of encoder and decoder.
        units: size of the states in each direction, and of those of the decoder.
        embedding_units: size of the vector of a symbol.
        attention: "additive" (Bahdanau) or "dot" (Luong).
        dropout_rate: of the vectors that are read, and of what the logits are made of.
        beams: sequences that the search keeps; 1 takes the likeliest symbol each time.
        length_power: sequences are ranked by log-probability over length to this power;
            above 0 it favours longer ones.

    Returns:
        keras.Model: int32 (batch, places) → float32 log-probabilities along the best
        answer, (batch, steps, symbols), see `AttentionDecoder`.

    Raises:
        ModelError: if the data is not made of pairs of texts.

    References:
        Sutskever, Vinyals & Le, Sequence to Sequence Learning with Neural Networks,
        2014; Bahdanau, Cho & Bengio, 2015; Luong, Pham & Manning, 2015.
    """
    spec = info.only_input
    if not spec.num_values or len(info.target_shape) != 1 or not info.target_shape[0]:
        raise ModelError(
            "recurrent_translator takes pairs of texts. Choose another model, or other "
            "data."
        )
    source = keras.Input((None,), dtype=spec.dtype, name=SOURCE)
    embedding = layers.Embedding(spec.num_values, embedding_units, mask_zero=True)
    x = layers.Dropout(dropout_rate)(embedding(source))
    reader = CELLS[cell](units, return_sequences=True, return_state=True)
    memory, *states = layers.Bidirectional(reader, name=ENCODER)(x)
    ending = layers.Concatenate(name=ENDING)(states)
    decoder = AttentionDecoder(
        info.num_outputs,
        info.target_shape[0],
        cell=cell,
        units=units,
        embedding_units=embedding_units,
        attention=attention,
        dropout_rate=dropout_rate,
        beams=beams,
        length_power=length_power,
        name=DECODER,
    )
    return keras.Model(source, decoder(source, memory, ending), name=cell)


def encoder_of(model: keras.Model) -> keras.Model:
    """Return the part that reads: source → memory of its places, and ending."""
    memory = model.get_layer(ENCODER).output[0]
    ending = model.get_layer(ENDING).output
    return keras.Model(model.input, [memory, ending], name=ENCODER)


def taught_model(model: keras.Model) -> keras.Model:
    """Return the model that is trained: source and right answer → logits.

    Args:
        model: of `recurrent_translator`; the layers are shared.

    Returns:
        keras.Model: {"source": ids, "target": ids (batch, steps), negative for
        padding} → {"logits": float32 (batch, steps, symbols)}, each place given the
        right symbols before it (teacher forcing).
    """
    memory, ending = encoder_of(model).output
    target = keras.Input((None,), dtype="int32", name="target")
    logits = model.get_layer(DECODER)(model.input, memory, ending, target=target)
    inputs = {SOURCE: model.input, "target": target}
    return keras.Model(inputs, {LOGITS: logits}, name=model.name)

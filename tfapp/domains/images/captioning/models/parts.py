"""What networks that write captions share: the head that writes, and its teaching."""

from collections.abc import Callable
from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.captioning.layers.positions import GridPositions
from tfapp.domains.text.translation.layers.decoder import AttentionDecoder
from tfapp.layers.graph import graph_nodes
from tfapp.layers.outputs import LOGITS

HEAD, DECODER, MEMORY, ENDING = "head", "decoder", "memory", "ending"
"""Names of the parts that training and search take apart."""
TARGET = "target"


def caption_head(
    shape: tuple[int, int, int],
    info: DataInfo,
    *,
    units: int,
    embedding_units: int,
    attention: Literal["additive", "dot"],
    dropout_rate: float,
    word_dropout: float,
    beams: int,
    length_power: float,
) -> keras.Model:
    """Return what turns a grid of features into words.

    Args:
        shape: rows, columns and channels of the grid.
        info: places of a caption, and the number of words.
        units: size of the state of the LSTM and of what is known of a place.
        embedding_units: size of the vector of a word.
        attention: "additive" or "dot".
        dropout_rate: of what is known of a place, and of what the logits are made of.
        word_dropout: share of the words before a place that training hides.
        beams: captions that the search keeps.
        length_power: see `AttentionDecoder`.

    Returns:
        keras.Model "head": float (batch, rows, columns, channels) → float32
        log-probabilities along the best caption (batch, steps, words).

    Raises:
        ModelError: if the data has no captions.
    """
    if len(info.target_shape) != 1 or not info.target_shape[0]:
        raise ModelError(
            "A captioner takes pictures with captions. Choose another model, or other "
            "data."
        )
    grid = keras.Input(shape, name="grid")
    x = GridPositions(name="positions")(layers.LayerNormalization(name="scale")(grid))
    x = layers.Dense(units, activation="relu", name="reading")(x)
    x = layers.Dropout(dropout_rate, name="places_dropout")(x)
    memory = layers.Reshape((shape[0] * shape[1], units), name=MEMORY)(x)
    ending = layers.GlobalAveragePooling1D(name=ENDING)(memory)
    decoder = AttentionDecoder(
        info.num_outputs,
        info.target_shape[0],
        cell="lstm",
        units=units,
        embedding_units=embedding_units,
        attention=attention,
        dropout_rate=dropout_rate,
        symbol_dropout=word_dropout,
        beams=beams,
        length_power=length_power,
        name=DECODER,
    )
    return keras.Model(grid, decoder(_present(memory), memory, ending), name=HEAD)


def decoder_of(model: keras.Model) -> AttentionDecoder:
    """Return the decoder of a captioner, or of its head.

    Raises:
        ModelError: if it has none.
    """
    names = {layer.name for layer in model.layers}
    if DECODER in names:
        return model.get_layer(DECODER)
    if HEAD not in names:
        raise ModelError(
            f"Task 'image_captioning' cannot train the model {model.name!r}: it has no "
            "decoder. Use captioner or captioner_transfer."
        )
    return model.get_layer(HEAD).get_layer(DECODER)


def reader_of(model: keras.Model) -> keras.Model:
    """Return the part that looks: the input → presence, memory of places, and ending.

    Args:
        model: a captioner, its head, or a model that ends in the head.
    """
    if DECODER in {layer.name for layer in model.layers}:
        memory, ending = (model.get_layer(name).output for name in (MEMORY, ENDING))
        return keras.Model(model.input, [_present(memory), memory, ending])
    head = model.get_layer(HEAD)
    nodes = (node for node in graph_nodes(model) if node.operation is head)
    grid = next(nodes).input_tensors[0]
    return keras.Model(model.input, reader_of(head)(grid))


def grid_of(model: keras.Model) -> tuple[int, int]:
    """Return rows and columns of the grid that the head of a captioner looks at."""
    head = model if model.name == HEAD else model.get_layer(HEAD)
    rows, columns = head.input_shape[1:3]
    return rows, columns


def writer_of(model: keras.Model) -> Callable[..., tuple[Any, Any, Any]]:
    """Return what lets a captioner write.

    Returns:
        Function of images as the model takes them, and a number of beams (0 for that
        of the model): ids, int32 (batch, beams, steps), the best first; their
        log-probabilities, float32 (batch, beams); and where the network looked for
        each word of the best, float32 (batch, steps, places).
    """
    reader, decoder = reader_of(model), decoder_of(model)

    def write(images: Any, beams: int = 0) -> tuple[Any, Any, Any]:
        places, memory, ending = reader(images, training=False)
        ids, scores = decoder.search(places, memory, ending, beams)
        weights = decoder.along(places, memory, ending, ids[:, 0])[1]
        return ids, scores, ops.cast(weights, "float32")

    return write


def taught_model(model: keras.Model) -> keras.Model:
    """Return the model that is trained: input and right captions → logits.

    Args:
        model: see `reader_of`; the layers are shared.

    Returns:
        keras.Model: {name of the input: as `model` takes it, "target": ids (batch,
        captions, steps), negative for padding} → {"logits": float32 (batch, captions,
        steps, words)}, each place given the right words before it (teacher forcing).
    """
    target = keras.Input((None, None), dtype="int32", name=TARGET)
    seen = reader_of(model).output
    logits = decoder_of(model)(*seen, target=target)
    inputs = {model.input.name: model.input, TARGET: target}
    return keras.Model(inputs, {LOGITS: logits}, name=model.name)


def _present(memory: Any) -> Any:
    """Return that every place counts: ones (batch, places)."""
    return ops.ones_like(memory[:, :, 0], dtype="int32")

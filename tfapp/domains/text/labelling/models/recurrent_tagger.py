"""A tag for every token by a recurrent network that reads in both directions."""

from collections.abc import Mapping
from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.text.labelling.layers.bag import NeighbouringBags
from tfapp.domains.text.labelling.layers.characters import CharacterConvolution
from tfapp.domains.text.labelling.layers.crf import ConditionalRandomField
from tfapp.domains.text.labelling.layers.word_dropout import WordDropout
from tfapp.layers.outputs import LOGITS

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU}
EMISSIONS = "emissions"
INTENT = "intent="
"""Before the names of the intents, which follow those of the tags."""


def recurrent_tagger(
    info: DataInfo,
    *,
    cell: Literal["lstm", "gru"] = "lstm",
    units: int = 192,
    depth: int = 1,
    word_units: int = 100,
    character_units: int = 32,
    character_filters: int = 64,
    piece_units: int = 48,
    dropout_rate: float = 0.5,
    word_dropout: float = 0.15,
    wide: bool = True,
    crf: bool = False,
) -> keras.Model:
    """Read words, their characters and their affixes, from both ends of the sentence.

    A convolution over its characters and the sum of its affixes' vectors stand for a
    word that training has not seen; word dropout makes the network rely on them. The
    wide path is a linear tagger on words, affixes and shapes of a token and its
    neighbours; its weights begin at zero, and it is added to the logits.

    Args:
        info: inputs, tags, and intents whose names begin with "intent=".
        cell: "lstm" or "gru".
        units: of each direction.
        depth: number of layers of both directions.
        word_units: size of the vector of a word.
        character_units: size of the vector of a character.
        character_filters: of the convolution over three characters.
        piece_units: size of the vector of an affix or a shape.
        dropout_rate: between the layers.
        word_dropout: share of words that training sees as unknown ones.
        wide: add the linear path.
        crf: learn which tag follows which, and answer with the best path.

    Returns:
        keras.Model: dict of the inputs → float32 logits (batch, length, outputs); those
        of the intents are the same at every token. With `crf` a dict of them and
        "emissions", the logits before the transitions are added.

    Raises:
        ModelError: if the data holds no words.

    References:
        Plank et al., Multilingual Part-of-Speech Tagging with Bidirectional LSTMs and
        Auxiliary Loss, 2016, https://arxiv.org/abs/1604.05529; Ma & Hovy, End-to-end
        Sequence Labeling via Bi-directional LSTM-CNNs-CRF, 2016,
        https://arxiv.org/abs/1603.01354; Cheng et al., Wide & Deep Learning, 2016,
        https://arxiv.org/abs/1606.07792.
    """
    inputs = _inputs(info)
    sizes = {name: spec.num_values for name, spec in info.inputs.items()}
    present = ops.not_equal(inputs["words"], 0)
    bag = NeighbouringBags(sizes["pieces"], piece_units, 0, "normal", name="affixes")
    parts = [
        _words(inputs, sizes, word_units, word_dropout),
        CharacterConvolution(
            sizes["characters"], character_units, character_filters, name="spelling"
        )(inputs["characters"]),
        bag(inputs["pieces"]),
    ]
    if "vectors" in inputs:
        parts.append(_vectors(inputs["vectors"], sizes["vectors"], info.start))
    x = ops.concatenate(parts, axis=-1)
    x = layers.Dropout(dropout_rate, name="input_dropout")(x)
    for number in range(1, depth + 1):
        layer = CELLS[cell](units, return_sequences=True)
        x = layers.Bidirectional(layer, name=f"recurrent{number}")(x, mask=present)
        x = layers.Dropout(dropout_rate, name=f"dropout{number}")(x)
    tags = sum(not label.startswith(INTENT) for label in info.labels)
    tags = tags or info.num_outputs
    logits = layers.Dense(tags, dtype="float32", name="tags")(x)
    if wide:
        logits = logits + _wide(inputs, sizes, tags, "wide")
    outputs: Any = logits
    if crf:
        outputs = ConditionalRandomField(tags, name="crf")(logits, present)
    if info.num_outputs > tags:
        intent = _intent(x, inputs, sizes, present, info.num_outputs - tags, wide)
        outputs = ops.concatenate([outputs, intent], axis=-1)
        logits = ops.concatenate([logits, intent], axis=-1)
    answer = layers.Activation("linear", dtype="float32", name=LOGITS)(outputs)
    if crf:
        named = layers.Activation("linear", dtype="float32", name=EMISSIONS)(logits)
        return keras.Model(inputs, {LOGITS: answer, EMISSIONS: named}, name=cell)
    return keras.Model(inputs, answer, name=cell)


def _inputs(info: DataInfo) -> dict[str, Any]:
    """Return a Keras input for each input of the data, by its name."""
    if not {"words", "characters", "pieces"} <= set(info.inputs):
        raise ModelError(
            "recurrent_tagger takes tagged sentences. Received data with the inputs "
            f"{sorted(info.inputs)}. Choose another model, or other data."
        )
    return {
        name: keras.Input(spec.shape, dtype=spec.dtype, name=name)
        for name, spec in info.inputs.items()
    }


def _words(inputs: Any, sizes: Any, units: int, dropout: float) -> Any:
    """Return the vectors of the words, (batch, length, units)."""
    words = WordDropout(dropout, name="word_dropout")(inputs["words"])
    return layers.Embedding(sizes["words"], units, name="words_embedding")(words)


def _vectors(ids: Any, size: int, start: Mapping[str, Any]) -> Any:
    """Return the vectors that the data brings, which stay as they are."""
    rows = start["vectors"]
    layer = layers.Embedding(size, rows.shape[1], trainable=False, name="word_vectors")
    vectors = layer(ids)
    layer.set_weights([rows])
    return vectors


def _wide(inputs: Any, sizes: Any, outputs: int, name: str) -> Any:
    """Return the logits of the linear path, (batch, length, outputs)."""
    affixes = NeighbouringBags(sizes["pieces"], outputs, 1, name=f"{name}_affixes")
    words = NeighbouringBags(sizes["words"], outputs, 2, name=f"{name}_words")
    return affixes(inputs["pieces"]) + words(ops.expand_dims(inputs["words"], -1))


def _intent(
    x: Any, inputs: Any, sizes: Any, present: Any, intents: int, wide: bool
) -> Any:
    """Return the logits of the intent at every token, (batch, length, intents).

    They are 0 behind the end of a sentence.
    """
    weight = ops.expand_dims(ops.cast(present, x.dtype), -1)
    largest = ops.max(x * weight - 1e4 * (1 - weight), axis=1, keepdims=True)
    logits = layers.Dense(intents, dtype="float32", name="intents")(largest)
    if wide:
        pairs = NeighbouringBags(sizes["words"], intents, 1, name="wide_intents")
        scores = pairs(ops.expand_dims(inputs["words"], -1))
        logits = logits + ops.sum(
            scores * ops.cast(weight, scores.dtype), axis=1, keepdims=True
        )
    # A product, not a sum with zeros: TensorFlow's optimizer takes the latter away,
    # and the shape with it.
    return ops.matmul(ops.cast(weight, "float32"), logits)

"""The next character by a recurrent network."""

from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.text.language.kneser_ney import ORDER
from tfapp.domains.text.language.tree import fit_tree
from tfapp.domains.text.layers.ngram_mixture import NgramMixture
from tfapp.layers.outputs import LOGITS, NETWORK

CELLS = {"elman": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def recurrent_language_model(
    info: DataInfo,
    *,
    cell: Literal["elman", "lstm", "gru"] = "lstm",
    units: int = 240,
    depth: int = 1,
    embedding_units: int = 48,
    dropout_rate: float = 0.1,
    ngram_order: int = 0,
) -> keras.Model:
    """Read a text character by character, and predict the next one at each.

    With 128 units and depth 2 it is char-rnn's network, but for the vectors of the
    characters, which stand for its one-hot ones.

    Args:
        info: one input of ids, and the number of characters.
        cell: "elman", "lstm" or "gru".
        units: size of the states.
        depth: number of recurrent layers.
        embedding_units: size of the vector of a character.
        dropout_rate: behind each recurrent layer.
        ngram_order: characters of the longest n-grams of the training text, whose
            probabilities are mixed with the network's, 2 to 7; 0 for none.

    Returns:
        keras.Model: int32 (batch, length) → float32 logits (batch, length, characters).

    Raises:
        ModelError: if the data is no running text, or the n-grams are too long.

    References:
        Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks, 2015;
        https://github.com/karpathy/char-rnn
    """
    spec = info.only_input
    if not spec.num_values or info.target_shape != (None,):
        raise ModelError(
            "recurrent_language_model takes running text. Choose another model, or "
            "other data."
        )
    ids = keras.Input((None,), dtype=spec.dtype, name="ids")
    x = layers.Embedding(spec.num_values, embedding_units, name="embedding")(ids)
    for number in range(1, depth + 1):
        layer = CELLS[cell](units, return_sequences=True, name=f"recurrent{number}")
        x = layers.Dropout(dropout_rate, name=f"dropout{number}")(layer(x))
    name = NETWORK if ngram_order else LOGITS
    logits = layers.Dense(info.num_outputs, dtype="float32", name=name)(x)
    if ngram_order:
        logits = _mixed(ids, logits, info, ngram_order)
    return keras.Model(ids, logits, name=cell)


def _mixed(ids: Any, network: Any, info: DataInfo, order: int) -> Any:
    """Return the logits of a network mixed with n-grams of the training text.

    Raises:
        ModelError: for n-grams of another length, or without a text to count them in.
    """
    if not 2 <= order <= ORDER:
        raise ModelError(f"`ngram_order` must be 0, or 2 to {ORDER}. Received: {order}")
    if "text" not in info.start:
        raise ModelError(
            "`ngram_order` needs a text to count n-grams in. Set ngram_order = 0."
        )
    text = info.start["text"]
    tree = fit_tree(text, info.num_outputs, order)
    # There is room for the n-grams that the validation text adds after training.
    longer = np.concatenate([text, info.start["validation_text"]])
    whole = fit_tree(longer, info.num_outputs, order)
    nodes = max(len(tree.keys), len(whole.keys))
    widths = tuple(map(max, zip(tree.widths, whole.widths, strict=True)))
    layer = NgramMixture(nodes, info.num_outputs, widths, name=LOGITS)
    mixed = layer(ids, network)
    layer.set_weights(tree.weights(nodes))
    return mixed

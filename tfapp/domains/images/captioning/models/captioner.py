"""A captioner whose convolutions are trained with it, for small or special pictures."""

from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.data.spec import DataInfo
from tfapp.domains.images.captioning.models.parts import caption_head
from tfapp.domains.images.shapes import image_shape
from tfapp.domains.text.lengths import Beams
from tfapp.recipes.config import Share

LEAST_SIDE = 4
"""Places of a grid along the shorter side; maps of fewer than twice as many are not
halved."""


def captioner(
    info: DataInfo,
    *,
    filters: tuple[int, ...] = (32, 64, 64),
    colour_apart: bool = False,
    units: int = 128,
    embedding_units: int = 32,
    attention: Literal["additive", "dot"] = "additive",
    dropout_rate: Share = 0.2,
    word_dropout: Share = 0.3,
    beams: Beams = 4,
    length_power: float = 0.0,
) -> keras.Model:
    """Look at a picture place by place and describe it in words, from scratch.

    Convolutions make a grid of features; an LSTM writes word by word, and looks for
    each at the places that matter (additive attention). The answer is that of a beam
    search.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; the
            places of a caption, and the number of words.
        filters: of each convolution of 3 pixels, with batch normalisation; max pooling
            by 2 follows each while the grid stays large enough.
        colour_apart: whether these see grey alone, and the colours of a place are read
            without its form, by convolutions of one pixel; so a form is recognised in
            a colour that it never had in training.
        units: size of the state of the LSTM and of what is known of a place.
        embedding_units: size of the vector of a word.
        attention: "additive" (Bahdanau, Xu) or "dot" (Luong).
        dropout_rate: of what is known of a place, and of what the words are made of.
        word_dropout: share of the words before a place that training hides, so that the
            next one is read from the picture more than guessed.
        beams: captions that the search keeps; 1 takes the likeliest word each time.
        length_power: captions are ranked by log-probability over length to this power.

    Returns:
        keras.Model: float (batch, height, width, channels) → float32 log-probabilities
        along the best caption (batch, steps, words), see `AttentionDecoder`.

    Raises:
        ModelError: if the data has no captions.

    References:
        Xu et al., Show, Attend and Tell: Neural Image Caption Generation with Visual
        Attention, ICML 2015, https://arxiv.org/abs/1502.03044; Luong, Pham & Manning,
        2015, for attention behind the recurrent layer; Bowman et al., 2016,
        https://arxiv.org/abs/1511.06349, for hidden words.
    """
    inputs = keras.Input(image_shape(info), name="image")
    grid = _convolutions(image_shape(info), filters, colour_apart)
    head = caption_head(
        grid.output_shape[1:],
        info,
        units=units,
        embedding_units=embedding_units,
        attention=attention,
        dropout_rate=dropout_rate,
        word_dropout=word_dropout,
        beams=beams,
        length_power=length_power,
    )
    return keras.Model(inputs, head(grid(inputs)), name="captioner")


def _convolutions(
    shape: tuple[int, int, int], filters: tuple[int, ...], colour_apart: bool
) -> keras.Model:
    """Pixels → grid of features, float (batch, rows, columns, channels)."""
    pixels = keras.Input(shape, name="pixels")
    x = layers.Rescaling(1 / 127.5, -1.0, name="rescale")(pixels)
    if not colour_apart:
        return keras.Model(pixels, _blocks(x, filters, 3, "block"), name="convolutions")
    grey = ops.mean(x, axis=-1, keepdims=True)
    grids = [_blocks(grey, filters, 3, "block"), _blocks(x, filters, 1, "colour")]
    return keras.Model(pixels, layers.Concatenate()(grids), name="convolutions")


def _blocks(x: Any, filters: tuple[int, ...], size: int, name: str) -> Any:
    """Return a grid of features, by convolutions of some pixels a side."""
    for number, width in enumerate(filters, start=1):
        block = f"{name}{number}"
        x = layers.Conv2D(
            width, size, padding="same", use_bias=False, name=f"{block}_conv"
        )(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"{block}_norm")(x)
        x = layers.Activation("relu", name=f"{block}_relu")(x)
        if min(x.shape[1:3]) >= 2 * LEAST_SIDE:
            x = layers.MaxPooling2D(2, name=f"{block}_pool")(x)
    return x

"""A captioner that looks through a pretrained network."""

from typing import Literal

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.captioning.models.parts import caption_head
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.domains.images.shapes import image_shape
from tfapp.domains.text.lengths import Beams
from tfapp.recipes.config import Share


def captioner_transfer(
    info: DataInfo,
    *,
    extractor: str = "mobilenet_v2",
    weights: str = "imagenet",
    extractor_output: str = "",
    units: int = 256,
    embedding_units: int = 64,
    attention: Literal["additive", "dot"] = "additive",
    dropout_rate: Share = 0.4,
    word_dropout: Share = 0.1,
    beams: Beams = 4,
    length_power: float = 0.0,
) -> keras.Model:
    """Look at a photo through a pretrained network and describe it in words.

    The model holds two models by name, `extractor` (raw pixels to the grid of features
    before any pooling; inside it the network itself is the layer `backbone`) and
    `head` (grid to words: an LSTM that looks at places by additive attention), so that
    it is fine-tuned as `transfer` is.

    Args:
        info: one input, an image (height, width, 3), pixels in [0, 255]; the places of
            a caption, and the number of words.
        extractor: name of the network: `tfapp list models`.
        weights: what they were trained on, a file, or "none", as in `transfer`.
        extractor_output: layer at which the network is cut; "" = its last.
        units: size of the state of the LSTM and of what is known of a place.
        embedding_units: size of the vector of a word.
        attention: "additive" (Bahdanau, Xu) or "dot" (Luong).
        dropout_rate: of what is known of a place, and of what the words are made of.
        word_dropout: share of the words before a place that training hides.
        beams: captions that the search keeps; 1 takes the likeliest word each time.
        length_power: captions are ranked by log-probability over length to this power.

    Returns:
        keras.Model: float (batch, height, width, 3) → float32 log-probabilities along
        the best caption (batch, steps, words), see `AttentionDecoder`.

    Raises:
        ModelError: if the image is too small, the layer does not exist, or the data has
            no captions.
        WeightsError: if the weights are not here or do not fit.

    References:
        Xu et al., Show, Attend and Tell: Neural Image Caption Generation with Visual
        Attention, ICML 2015, https://arxiv.org/abs/1502.03044; Luong, Pham & Manning,
        2015, for attention behind the recurrent layer.
    """
    shape = image_shape(info)
    backbone = load_backbone(extractor, shape, weights, extractor_output)
    extract = _extractor(backbone, EXTRACTORS[extractor].normalization)
    head = caption_head(
        extract.output_shape[1:],
        info,
        units=units,
        embedding_units=embedding_units,
        attention=attention,
        dropout_rate=dropout_rate,
        word_dropout=word_dropout,
        beams=beams,
        length_power=length_power,
    )
    inputs = keras.Input(shape, name="image")
    name = f"captioner_{extractor}"
    return keras.Model(inputs, head(extract(inputs)), name=name)


def _extractor(backbone: keras.Model, normalization: str) -> keras.Model:
    """Raw pixels → float32 grid (batch, rows, columns, features)."""
    backbone.name = "backbone"
    pixels = keras.Input(backbone.input_shape[1:], name="pixels")
    grid = backbone(normalized_pixels(pixels, normalization))
    as_float = keras.layers.Activation("linear", name="grid", dtype="float32")
    return keras.Model(pixels, as_float(grid), name="extractor")

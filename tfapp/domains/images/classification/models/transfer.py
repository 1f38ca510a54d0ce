"""A pretrained extractor with a new head."""

from typing import Any, Literal

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.pretrained.weights import load_backbone
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.standardization import Standardization
from tfapp.layers.two_class_logits import logits


def transfer(
    info: DataInfo,
    *,
    extractor: str = "mobilenet_v2",
    weights: str = "imagenet",
    extractor_output: str = "",
    pooling: Literal["avg", "max", "avg_max", "flatten"] = "avg",
    standardize: bool = True,
    hidden_units: list[int] = [],  # noqa: B006 - never changed; TOML gives lists
    dropout_rate: float = 0.0,
    l2: float = 0.0,
    single_logit: bool = False,
) -> keras.Model:
    """A pretrained network as extractor, with a head of your own.

    The model holds two models by name, `extractor` (raw pixels to a feature vector;
    inside it the network itself is the layer `backbone`) and `head` (feature vector
    to logits), so that the training of each phase, stored features and heat maps all
    find their part without knowing the network.

    Args:
        info: one input, an image (height, width, channels), RGB pixels in [0, 255]; one
            output per class.
        extractor: name of the network: `tfapp list models`.
        weights: what they were trained on ("imagenet"; "tiny_imagenet" for the
            networks that come with tfapp), a file, or "none" for random ones.
        extractor_output: layer at which the network is cut; "" = its last.
        pooling: of the feature maps: mean, maximum, both, or none ("flatten").
        standardize: scale every feature to mean 0 and variance 1 over the training
            images, which makes one learning rate fit every extractor.
        hidden_units: of dense ReLU layers before the logits.
        dropout_rate: before each dense layer of the head.
        l2: weight of the head's squared kernels in the loss.
        single_logit: one sigmoid unit for two classes, as in networks of 2016.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs).

    Raises:
        ModelError: if the image is too small or the layer does not exist.
        WeightsError: if the weights are not here or do not fit.
    """
    shape = image_shape(info)
    backbone = load_backbone(extractor, shape, weights, extractor_output)
    extract = _extractor(backbone, EXTRACTORS[extractor].normalization, pooling)
    head = _head(
        extract.output_shape[1:],
        info.num_outputs,
        standardize=standardize,
        hidden_units=hidden_units,
        dropout_rate=dropout_rate,
        l2=l2,
        single_logit=single_logit,
    )
    inputs = keras.Input(shape, name="image")
    return keras.Model(inputs, head(extract(inputs)), name=f"transfer_{extractor}")


def _extractor(backbone: keras.Model, normalization: str, pooling: str) -> keras.Model:
    """Raw pixels → float32 feature vector (batch, features)."""
    backbone.name = "backbone"
    inputs = keras.Input(backbone.input_shape[1:], name="pixels")
    x = normalized_pixels(inputs, normalization)
    x = backbone(x)
    average = keras.layers.GlobalAveragePooling2D(name="average", dtype="float32")
    maximum = keras.layers.GlobalMaxPooling2D(name="maximum", dtype="float32")
    if pooling == "avg":
        features = average(x)
    elif pooling == "max":
        features = maximum(x)
    elif pooling == "avg_max":
        pair = [average(x), maximum(x)]
        features = keras.layers.Concatenate(name="both", dtype="float32")(pair)
    else:
        features = keras.layers.Flatten(name="flatten", dtype="float32")(x)
    return keras.Model(inputs, features, name="extractor")


def _head(
    feature_shape: tuple[int],
    num_outputs: int,
    *,
    standardize: bool,
    hidden_units: list[int],
    dropout_rate: float,
    l2: float,
    single_logit: bool,
) -> keras.Model:
    """Feature vector → float32 logits; small, so it runs in float32 throughout."""
    regularizer = keras.regularizers.L2(l2) if l2 else None
    inputs = keras.Input(feature_shape, name="features")
    x = inputs
    if standardize:
        x = Standardization(name="standardize", dtype="float32")(x)
    for index, units in enumerate(hidden_units):
        x = _dropped(x, dropout_rate, index)
        x = keras.layers.Dense(
            units,
            activation="relu",
            kernel_regularizer=regularizer,
            kernel_initializer="he_normal",
            name=f"hidden_{index}",
            dtype="float32",
        )(x)
    outputs = logits(
        _dropped(x, dropout_rate, len(hidden_units)),
        num_outputs,
        single_logit=single_logit,
        kernel_regularizer=regularizer,
        # With standardised features a zero start begins at uniform probabilities.
        kernel_initializer="zeros",
    )
    return keras.Model(inputs, outputs, name="head")


def _dropped(x: Any, rate: float, index: int) -> Any:
    return keras.layers.Dropout(rate, name=f"dropout_{index}")(x) if rate else x

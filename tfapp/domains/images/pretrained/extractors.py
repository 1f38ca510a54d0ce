"""Networks as feature extractors: those of keras.applications, and tfapp's own.

The table is data (extractors.toml) and is read without Keras, which is imported only
to build a network.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import ModelError, UnknownNameError

if TYPE_CHECKING:
    import keras

CHANNELS = 3
SETTLED = {
    "weights",
    "input_tensor",
    "input_shape",
    "pooling",
    "name",
    "include_preprocessing",
}
"""Arguments of Keras' builders that are decided here, not by the caller."""
EFFICIENTNET_DEVIATION = (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in [0, 1], as keras.applications.efficientnet has it."""


@dataclass(frozen=True)
class Extractor:
    """One network, and the pretrained weights without the top that are made for it.

    Args:
        name: how recipes call it.
        builder: attribute of keras.applications, or "module:function" of our own.
        summary: one line for `tfapp list`.
        normalization: mode of `normalized_pixels`; "none" if the network scales
            pixels itself.
        default_size: pixels, height = width, of the published network.
        smallest_size: pixels, the least that the builder accepts.
        parameters: number of weights without the top.
        file: name of Keras' weight file; "" for a network of our own, whose files
            are described by a weights.toml alone.
        address: where Keras downloads it.
        hash: md5 (32 digits) or sha256 (64 digits) of the file, "" if Keras has none.
        weights: what the weights made for it were trained on, as recipes write it.
    """

    name: str
    builder: str
    summary: str
    normalization: str
    default_size: int
    smallest_size: int
    parameters: int
    file: str = ""
    address: str = ""
    hash: str = ""
    weights: str = "imagenet"

    def load_builder(self) -> Any:
        """Import and return the function that builds the network."""
        module, _, function = self.builder.rpartition(":")
        return getattr(
            importlib.import_module(module or "keras.applications"), function
        )


def _read_table() -> dict[str, Extractor]:
    text = (
        files("tfapp.domains.images.pretrained")
        .joinpath("extractors.toml")
        .read_text("utf-8")
    )
    return {name: Extractor(name, **row) for name, row in tomllib.loads(text).items()}


EXTRACTORS: dict[str, Extractor] = _read_table()


def find_extractor(name: str) -> Extractor:
    """Return the extractor called `name`.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in EXTRACTORS:
        raise UnknownNameError("extractor", name, EXTRACTORS)
    return EXTRACTORS[name]


def build_backbone(
    name: str,
    image_shape: tuple[int, int, int],
    *,
    arguments: Mapping[str, Any] | None = None,
    output: str = "",
) -> keras.Model:
    """Build a network without its top, with random weights.

    Args:
        name: of the extractor.
        image_shape: height, width, channels.
        arguments: of the builder, for example {"alpha": 0.5}.
        output: layer at which the network ends; "" = its last.

    Returns:
        keras.Model: float tensor (batch, height, width, 3), already normalised →
        float tensor (batch, rows, columns, features). Anonymous layers are named as
        in a process that builds nothing else, so layer names are always the same.

    Raises:
        UnknownNameError: if there is no such extractor.
        ModelError: if the image is too small or not RGB, or an argument or the layer
            does not exist.
    """
    arguments = {**(arguments or {}), "include_top": False}
    return cut(build_network(name, image_shape, arguments=arguments), output)


def build_network(
    name: str,
    image_shape: tuple[int, int, int],
    *,
    arguments: Mapping[str, Any],
) -> keras.Model:
    """Build a network, top included unless `include_top` is false or it has none.

    Args and errors are those of `build_backbone`.

    Returns:
        keras.Model with random weights; with its top, to class probabilities.
    """
    extractor = find_extractor(name)
    builder = extractor.load_builder()
    _check_shape(extractor, image_shape)
    _check_arguments(extractor, builder, arguments)
    with _fresh_names():
        network = builder(weights=None, input_shape=image_shape, **arguments)
        if extractor.builder.startswith("EfficientNetB"):
            network = _divide_by_deviation(network)
    return network


def cut(network: keras.Model, output: str) -> keras.Model:
    """Return the part of a network from its input to one layer.

    Args:
        network: functional model; its layers are shared, not copied.
        output: name of the last layer; "" returns the network itself.

    Raises:
        ModelError: if there is no such layer.
    """
    import keras

    if not output:
        return network
    names = [layer.name for layer in network.layers]
    if output not in names:
        close = difflib.get_close_matches(output, names, n=3, cutoff=0.6)
        hint = f" Did you mean one of {close}?" if close else ""
        raise ModelError(
            f"Network {network.name!r} has no layer {output!r}.{hint} "
            f"Its last layers are {names[-5:]}."
        )
    last = network.get_layer(output)
    return keras.Model(network.input, last.output, name=network.name)


def _check_shape(extractor: Extractor, image_shape: tuple[int, int, int]) -> None:
    height, width, channels = image_shape
    if channels != CHANNELS:
        raise ModelError(
            f"Images with {channels} channel(s) do not fit {extractor.name!r}: "
            f"expected {CHANNELS} (RGB). Load them with 3 channels, grey ones too."
        )
    if min(height, width) < extractor.smallest_size:
        raise ModelError(
            f"`image_size` {height}x{width} is too small for {extractor.name!r}: at "
            f"least {extractor.smallest_size}x{extractor.smallest_size} pixels."
        )


def _check_arguments(
    extractor: Extractor, builder: Any, arguments: Mapping[str, Any]
) -> None:
    accepted = set(inspect.signature(builder).parameters) - SETTLED
    if unknown := sorted(set(arguments) - accepted):
        raise ModelError(
            f"Extractor {extractor.name!r} has no argument {unknown[0]!r}. "
            f"Expected one of {sorted(accepted)}."
        )


@contextmanager
def _fresh_names() -> Iterator[None]:
    """Let Keras number anonymous layers from zero, and leave its counters intact.

    Keras counts through the whole process: a second InceptionV3 starts at conv2d_94,
    and a recipe that names a layer would hold for the first network only. Keras can
    reset its counters but not restore them, hence the private module; a test fails
    if it moves.
    """
    from keras.src.backend.common import global_state

    counters = global_state.get_global_attribute("object_name_uids")
    counters = defaultdict(int) if counters is None else counters
    fresh: defaultdict[str, int] = defaultdict(int)
    global_state.set_global_attribute("object_name_uids", fresh)
    try:
        yield
    finally:
        # Later anonymous layers must not take a name that the network has now.
        for prefix, count in fresh.items():
            counters[prefix] = max(counters[prefix], count)
        global_state.set_global_attribute("object_name_uids", counters)


def _divide_by_deviation(network: keras.Model) -> keras.Model:
    """Add the second scaling that EfficientNet's ImageNet weights were trained with.

    Keras builds it only when it downloads the weights itself, so that the same file
    read by any other way gives other features than ImageNet's.
    """
    import keras

    def call(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        if isinstance(layer, keras.layers.Normalization):
            scale = [1.0 / deviation**0.5 for deviation in EFFICIENTNET_DEVIATION]
            outputs = keras.layers.Rescaling(scale)(outputs)
        return outputs

    return keras.models.clone_model(network, call_function=call)

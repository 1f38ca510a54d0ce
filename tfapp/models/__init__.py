"""Every network, by name. To add one: a builder in a file here, and a line below.

A builder is `name(input_shape, num_outputs, *, options…) -> keras.Model` and returns
logits. This file imports no Keras: the command line reads it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfapp import registry
from tfapp.config import ModelConfig
from tfapp.errors import ModelError, UnknownNameError
from tfapp.models.extractors import EXTRACTORS

if TYPE_CHECKING:  # NumPy stays out of the command line's start
    from tfapp.data.spec import DataInfo

MODELS = {
    "small_cnn": "tfapp.models.small_cnn:small_cnn",
    "transfer": "tfapp.models.transfer:transfer",
}


def check(name: str, options: Mapping[str, Any]) -> None:
    """Refuse an unknown model, option or extractor, without importing Keras.

    Raises:
        ConfigError: naming the model and the option.
    """
    registry.check_options("model", MODELS, name, options)
    extractor = options.get("extractor")
    if extractor is not None and extractor not in EXTRACTORS:
        raise UnknownNameError("extractor", extractor, EXTRACTORS)


def build_model(config: ModelConfig, info: "DataInfo") -> Any:
    """Build the network that `config` names, for the inputs and outputs in `info`.

    Args:
        config: name and options of the network.
        info: shape of one input and number of classes.

    Returns:
        keras.Model from raw inputs, float tensor (batch, *info.input_shape), to
        logits, float32 tensor (batch, info.num_outputs).

    Raises:
        ConfigError, ModelError, WeightsError: if it cannot be built.
    """
    check(config.name, config.options)
    builder = registry.load("model", MODELS, config.name)
    model = builder(info.input_shape, info.num_outputs, **config.options)
    if model.output_shape[-1] != info.num_outputs:
        raise ModelError(
            f"Model {config.name!r} has {model.output_shape[-1]} outputs. "
            f"Expected {info.num_outputs}, one per class."
        )
    return model

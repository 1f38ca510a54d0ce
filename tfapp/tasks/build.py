"""The network that a recipe names, one of the `MODELS` of all domains.

A builder is `name(info, *, options…) -> keras.Model` and returns
logits, or a dict of outputs of which "logits" is one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tfapp.base import registry
from tfapp.base.errors import ModelError, TfappError
from tfapp.recipes.checks import check_model
from tfapp.recipes.config import ModelConfig

if TYPE_CHECKING:  # NumPy stays out of the command line's start
    from tfapp.data.spec import DataInfo


def build_model(config: ModelConfig, info: "DataInfo") -> Any:
    """Build the network that `config` names, for the inputs and outputs in `info`.

    Args:
        config: name and options of the network.
        info: inputs and outputs of the data.

    Returns:
        keras.Model from one input, or a dict of inputs by name if there are several,
        each (batch, *shape), to logits, float32 tensor (batch, *info.target_shape,
        info.num_outputs), or to a dict of outputs that are trained together, with
        such logits as "logits".

    Raises:
        ConfigError, ModelError, WeightsError: if it cannot be built.
    """
    model = construct(config, info)
    output = model.output
    logits = output["logits"] if isinstance(output, dict) else output
    if logits.shape[-1] != info.num_outputs:
        raise ModelError(
            f"Model {config.name!r} has {logits.shape[-1]} outputs. "
            f"Expected {info.num_outputs}, as the data has."
        )
    if tuple(logits.shape[1:-1]) != info.target_shape:
        raise ModelError(
            f"Model {config.name!r} gives {_answers(logits.shape[1:-1])}, but the data "
            f"has {_answers(info.target_shape)}. Choose another model, or other "
            "data.kind and task."
        )
    return model


def construct(config: ModelConfig, info: "DataInfo") -> Any:
    """Build a network whether or not its answers fit the data; see `build_model`."""
    check_model(config)
    builder = registry.load("model", registry.union("MODELS"), config.name)
    return _build(builder, config, info)


def _answers(shape: Sequence[int | None]) -> str:
    sides = " x ".join("any" if side is None else str(side) for side in shape)
    return f"{sides} answers per input" if shape else "one answer per input"


def _build(builder: Any, config: ModelConfig, info: "DataInfo") -> Any:
    """Build a network; Keras's error about an option becomes one line."""
    try:
        return builder(info, **config.options)
    except TfappError:
        raise
    except ValueError as error:
        if not config.options:
            raise
        message = str(error).strip().splitlines()[0]
        raise ModelError(
            f"Model {config.name!r} cannot be built with these `model.options`: "
            f"{message}"
        ) from error

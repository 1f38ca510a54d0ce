"""The network that a recipe names, one of the `MODELS` of all domains.

A builder is `name(input_shape, num_outputs, *, options…) -> keras.Model` and returns
logits, or a dict of outputs of which "logits" is one.
"""

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
        info: shape of one input and number of classes.

    Returns:
        keras.Model from raw inputs, float tensor (batch, *info.input_shape), to
        logits, float32 tensor (batch, *info.answer_shape, info.num_outputs), or to a
        dict of outputs that are trained together, with such logits as "logits".

    Raises:
        ConfigError, ModelError, WeightsError: if it cannot be built.
    """
    check_model(config)
    builder = registry.load("model", registry.union("MODELS"), config.name)
    model = _built(builder, config, info)
    found = model.output
    logits = found["logits"] if isinstance(found, dict) else found
    if logits.shape[-1] != info.num_outputs:
        raise ModelError(
            f"Model {config.name!r} has {logits.shape[-1]} outputs. "
            f"Expected {info.num_outputs}, one per class."
        )
    _check_answers(config.name, tuple(logits.shape[1:-1]), info)
    return model


def _built(builder: Any, config: ModelConfig, info: "DataInfo") -> Any:
    """Build a network; what Keras says of a number that a recipe gave is one line."""
    try:
        return builder(info.input_shape, info.num_outputs, **config.options)
    except TfappError:
        raise
    except ValueError as error:
        if not config.options:
            raise
        said = str(error).strip().splitlines()[0]
        raise ModelError(
            f"Model {config.name!r} cannot be built with these `model.options`: {said}"
        ) from error


def _check_answers(name: str, answers: tuple[int, ...], info: "DataInfo") -> None:
    """Refuse a network that answers for other pixels than the data has answers for."""
    if answers == info.answer_shape:
        return
    if len(answers) != len(info.answer_shape):
        kinds = {0: "one answer per image", 2: "an answer for every pixel"}
        given, wanted = (kinds.get(len(s), s) for s in (answers, info.answer_shape))
        raise ModelError(
            f"Model {name!r} gives {given}, but the data has {wanted}. Choose another "
            "model, or other data.kind and task."
        )
    margin = (info.input_shape[0] - answers[0]) // 2
    raise ModelError(
        f"Model {name!r} answers for {answers[0]}x{answers[1]} pixels of a tile of "
        f"{info.input_shape[0]}x{info.input_shape[1]}; the data has answers for "
        f"{info.answer_shape[0]}x{info.answer_shape[1]}. Set data.options.margin = "
        f"{margin}."
    )

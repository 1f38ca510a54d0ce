"""Whether the names and options of a recipe exist, checked without TensorFlow.

The names are in the tables of the domains, the options in the source of what they name.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tfapp.base import registry
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.base.table_errors import explain
from tfapp.recipes.config import Augmentation, DataConfig, ModelConfig, Recipe


def completed(recipe: Recipe) -> Recipe:
    """Check a recipe against the tables of all domains.

    Returns:
        The recipe with the kind of data that its task learns from, if it names none,
        and without keys of the augmentation that change nothing.

    Raises:
        ConfigError: naming the key, what it has to be and what it is.
    """
    data = checked_task(recipe)
    check_data_options(data)
    check_model(recipe.model)
    augmentation = augmentation_of(data)
    _refuse_mixing(recipe, augmentation)
    changes = augmentation.model_dump(exclude_defaults=True)
    data = data.model_copy(update={"augmentation": changes})
    return recipe.model_copy(update={"data": data})


def checked_task(recipe: Recipe) -> DataConfig:
    """Refuse an unknown task, its options, and keys of the recipe that it excludes.

    Returns:
        The recipe's `[data]`, with a kind of data that the task learns from.

    Raises:
        UnknownNameError: if no task has the name.
        ConfigError: naming the key, what it has to be and what it is.
    """
    name = recipe.task
    registry.check_options("task", registry.union("TASKS"), name, recipe.task_options)
    kinds = registry.union("TASK_DATA")[name]
    data = recipe.data
    if not data.kind:
        data = data.model_copy(update={"kind": kinds[0]})
    if data.kind not in kinds:
        raise ConfigError(
            f"Task {name!r} needs `data.kind` = {' or '.join(map(repr, kinds))}. "
            f"Received: {data.kind!r}"
        )
    requirements = registry.union("REQUIREMENTS").get(name, {})
    for key, (expected, why) in requirements.items():
        value = _value(recipe, key)
        if value not in (None, expected):
            raise ConfigError(
                f"Task {name!r} needs `{key}` = {expected!r}: {why}. "
                f"Received: {value!r}"
            )
    return data


def check_data_options(config: DataConfig) -> None:
    """Refuse an unknown kind of data, options that it does not have, and its splits.

    Raises:
        ConfigError: naming the kind and the option.
    """
    kinds = registry.union("DATA")
    registry.check_options("kind of data", kinds, config.kind, config.options)
    ways = registry.union("SPLITS").get(config.kind, ())
    if ways and config.split.by not in ways:
        raise ConfigError(
            f"Kind of data {config.kind!r} cannot be split by {config.split.by!r}. "
            f"Expected `data.split.by` = {' or '.join(map(repr, ways))}."
        )


def augmentation_of(config: DataConfig) -> Augmentation:
    """Return `[data.augmentation]` as the kind of data defines it.

    Raises:
        ConfigError: if a key is unknown, or its value out of range.
    """
    tables = registry.union("AUGMENTATIONS")
    root: type[Augmentation] = Augmentation
    if config.kind in tables:
        root = registry.load("kind of data", tables, config.kind)
    try:
        return root.model_validate(config.augmentation)
    except ValidationError as error:
        where = f"kind of data {config.kind!r}"
        raise explain(error, where, root, "data.augmentation") from None


def check_model(config: ModelConfig) -> None:
    """Refuse an unknown model, its options, and names in them that nothing has.

    Raises:
        ConfigError: naming the model and the option.
    """
    registry.check_options(
        "model", registry.union("MODELS"), config.name, config.options
    )
    choices = registry.union("MODEL_CHOICES")
    for option, value in config.options.items():
        key = f"{config.name}.{option}"
        if key in choices and value not in (names := registry.load("", choices, key)):
            raise UnknownNameError(option, value, names)


def _refuse_mixing(recipe: Recipe, augmentation: Augmentation) -> None:
    """Refuse mixed targets where a phase stores what it computes of the inputs."""
    tune = recipe.fine_tune
    if not augmentation.mixing or tune is None:
        return
    for name, phase in (("head", tune.head), ("thaw", tune.thaw)):
        if phase is not None and phase.views:
            raise ConfigError(
                f"`data.augmentation.{augmentation.mixing[0]}` mixes targets, which "
                f"stored features cannot. Set fine_tune.{name}.views = 0."
            )


def _value(recipe: Recipe, key: str) -> Any:
    """Return the value of a dotted key, None below a table that is not there."""
    value: Any = recipe
    for part in key.split("."):
        is_table = isinstance(value, Mapping)
        value = value.get(part) if is_table else getattr(value, part, None)
    return value

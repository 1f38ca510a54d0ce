"""Whether the names and options of a recipe exist, checked without TensorFlow.

The names are in the tables of the domains, the options in the source of what they name.
"""

from typing import Any

from tfapp.base import registry
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.recipes.config import DataConfig, ModelConfig, Recipe


def check_names(recipe: Recipe) -> None:
    """Refuse names that nothing has, their options, and keys that the task excludes.

    Raises:
        ConfigError: naming the key, what it has to be and what it is.
    """
    check_task(recipe)
    check_data_options(recipe.data)
    check_model(recipe.model)


def check_task(recipe: Recipe) -> None:
    """Refuse an unknown task, its options, and keys of the recipe that it excludes.

    Raises:
        UnknownNameError: if no task has the name.
        ConfigError: naming the key, what it has to be and what it is.
    """
    tasks, name = registry.union("TASKS"), recipe.task
    registry.check_options("task", tasks, name, recipe.task_options)
    kinds = registry.union("TASK_DATA")[name]
    if recipe.data.name not in kinds:
        raise ConfigError(
            f"Task {name!r} needs `data.name` = {' or '.join(map(repr, kinds))}. "
            f"Received: {recipe.data.name!r}"
        )
    requirements = registry.union("REQUIREMENTS").get(name, {})
    for key, (expected, why) in requirements.items():
        value = _value(recipe, key)
        if value not in (None, expected):
            raise ConfigError(
                f"Task {name!r} needs `{key}` = {expected!r}: {why}. "
                f"Received: {value!r}"
            )


def check_data_options(config: DataConfig) -> None:
    """Refuse an unknown kind of data, and options that it does not have.

    Raises:
        ConfigError: naming the kind and the option.
    """
    kinds = registry.union("DATA")
    registry.check_options("kind of data", kinds, config.name, config.options)


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


def _value(recipe: Recipe, key: str) -> Any:
    """Return the value of a dotted key, None below a table that is not there."""
    value: Any = recipe
    for part in key.split("."):
        value = getattr(value, part, None)
    return value

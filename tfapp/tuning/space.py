"""The space of a search: which keys of a recipe change, and within which bounds."""

import ast
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfapp import recipes
from tfapp.base import registry
from tfapp.base.errors import ConfigError
from tfapp.recipes.config import Recipe
from tfapp.recipes.tuning import Dimension

Values = Mapping[str, Any]
"""Dotted key → value, as a recipe takes it."""

RATE_SPAN = 10.0
"""A proposed range of a rate goes this factor up and down from the recipe's."""
REGULARISERS = {
    "dropout_rate": Dimension(min=0.0, max=0.6),
    "l2": Dimension(min=1e-4, max=1.0, log=True),
}
"""Options of networks that a proposed space contains, where the network has them."""
MISSING = object()


@dataclass(frozen=True)
class Space:
    """What a search may change in a recipe.

    Args:
        recipe: without `[tuning]`; trial 0 runs it as it is.
        dimensions: dotted key → its values.
    """

    recipe: Recipe
    dimensions: Mapping[str, Dimension]

    def apply(self, values: Values, seed: int) -> Recipe:
        """Return the recipe of a trial.

        Args:
            values: of the keys that count; others stay as the recipe has them.
            seed: of the trial.

        Raises:
            ConfigError: if the recipe does not work with the values.
        """
        table: dict[str, Any] = recipes.plain(self.recipe)
        for key, value in values.items():
            table = recipes.override(table, key, value)
        return recipes.build({**table, "seed": seed}, where="tuning.space")

    def own_values(self) -> dict[str, Any]:
        """Return what the recipe itself has, for each key whose value is known."""
        table = recipes.describe(self.recipe)
        own = {key: _value(table, key) for key in self.dimensions}
        own |= {k: _default(self.recipe, k) for k, v in own.items() if v is MISSING}
        return {key: value for key, value in own.items() if value is not MISSING}

    def check(self) -> None:
        """Build the recipe at both ends of each range and with each choice.

        Raises:
            ConfigError: naming the key and the value with which it does not work.
        """
        for key, dimension in self.dimensions.items():
            ends = dimension.choices or (dimension.min, dimension.max)
            for value in ends:
                value = int(value) if dimension.integer else value
                try:
                    self.apply({key: value}, self.recipe.seed)
                except ConfigError as error:
                    line = str(error).splitlines()[0].removeprefix("tuning.space: ")
                    raise ConfigError(
                        f"`tuning.space` sets `{key}` to {value!r}, which this recipe "
                        f"does not take. {line}"
                    ) from None


def space_of(recipe: Recipe) -> Space:
    """Return the space of a recipe: its own, else one that is proposed.

    Raises:
        ConfigError: if a value does not work, or nothing can be proposed.
    """
    bare = recipe.model_copy(update={"tuning": None})
    if recipe.tuning is not None and recipe.tuning.space:
        space = Space(bare, recipe.tuning.space)
        space.check()
        return space
    return Space(bare, proposed(bare))


def proposed(recipe: Recipe) -> dict[str, Dimension]:
    """Return dimensions that matter for nearly every recipe: rates and regularisers.

    Raises:
        ConfigError: if the recipe takes none of them.
    """
    options = _options(recipe)
    candidates = _rates(recipe) | {
        f"model.options.{name}": dimension
        for name, dimension in REGULARISERS.items()
        if name in options
    }
    if recipe.fine_tune is None:
        decay = Dimension(min=1e-5, max=0.1, log=True)
        candidates["training.weight_decay"] = decay
    fitting = {}
    for key, dimension in candidates.items():
        try:
            Space(recipe, {key: dimension}).check()
        except ConfigError:
            continue
        fitting[key] = dimension
    if not fitting:
        raise ConfigError(
            "Nothing to tune was found in this recipe. Name the keys in "
            "`[tuning.space]` (docs/tuning.md)."
        )
    return fitting


def _rates(recipe: Recipe) -> dict[str, Dimension]:
    """Return ranges around the learning rates that the recipe uses."""
    tune = recipe.fine_tune
    rates = {"training.learning_rate": recipe.training.learning_rate}
    if tune is not None:
        rates = {}
        if tune.head.solver == "gradient":  # else the head has no rate
            rates["fine_tune.head.learning_rate"] = tune.head.learning_rate
        if tune.thaw is not None:
            rates["fine_tune.thaw.learning_rate"] = tune.thaw.learning_rate
    return {
        key: Dimension(min=rate / RATE_SPAN, max=rate * RATE_SPAN, log=True)
        for key, rate in rates.items()
    }


def nearest(dimension: Dimension, value: Any) -> Any:
    """Return the value of a dimension that is nearest to one that may be outside.

    Args:
        dimension: range or choices.
        value: any value; MISSING for none.
    """
    if dimension.choices:
        return value if value in dimension.choices else dimension.choices[0]
    low, high = float(dimension.min or 0.0), float(dimension.max or 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return int(low) if dimension.integer else low
    inside = min(max(float(value), low), high)
    if dimension.step is not None:
        inside = min(_on_grid(inside, low, dimension), high)
    return round(inside) if dimension.integer else inside


def _on_grid(value: float, low: float, dimension: Dimension) -> float:
    step = dimension.step or 1.0
    if dimension.log:
        return float(low * step ** round(math.log(value / low, step)))
    return float(low + step * round((value - low) / step))


def encode(choice: Any) -> str:
    """Write a choice as text: lists, truth values and numbers alike."""
    return json.dumps(choice, ensure_ascii=False)


def decode(text: str) -> Any:
    """Return the choice that `encode` wrote."""
    return json.loads(text)


def _value(table: Mapping[str, Any], key: str) -> Any:
    value: Any = table
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


def _options(recipe: Recipe) -> Mapping[str, registry.Option]:
    """Return the options that the recipe's network has."""
    target = registry.find("model", registry.union("MODELS"), recipe.model.name)
    return registry.signature(target).options


def _default(recipe: Recipe, key: str) -> Any:
    """Return the default of an option of the network, MISSING for anything else."""
    name = key.removeprefix("model.options.")
    option = _options(recipe).get(name) if name != key else None
    if option is None:
        return MISSING
    try:
        value = ast.literal_eval(option.default)
    except (ValueError, SyntaxError):
        return MISSING
    return list(value) if isinstance(value, tuple) else value

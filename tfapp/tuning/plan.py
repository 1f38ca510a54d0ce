"""What a search would do, known before anything starts."""

from typing import Any, get_args

from tfapp import recipes
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.comparison.recipe_groups import settings_of
from tfapp.recipes.config import Recipe
from tfapp.recipes.tuning import TunerName, TuningConfig
from tfapp.tuning.space import Space, space_of


def planned(
    recipe: Recipe | str, trials: int = 0, tuner: str = ""
) -> tuple[Space, TuningConfig]:
    """Return what a search would change, and how; nothing is started.

    Args:
        recipe: as for `tune`.
        trials: as for `tune`.
        tuner: as for `tune`.

    Raises:
        ConfigError: if the recipe does not work at the ends of its space.
    """
    if not isinstance(recipe, Recipe):
        recipe = recipes.load_recipe(recipe)
    config = recipe.tuning or TuningConfig()
    if tuner and tuner not in get_args(TunerName):
        raise UnknownNameError("tuner", tuner, get_args(TunerName))
    changed: dict[str, Any] = {"trials": trials or config.trials}
    changed["tuner"] = tuner or config.tuner
    space = space_of(recipe)
    changed["space"] = space.dimensions
    config = TuningConfig.model_validate(config.model_dump() | changed)
    if config.tuner == "hyperband":
        _refuse_epochs(space)
    return space, config


def identity(space: Space, config: TuningConfig) -> dict[str, Any]:
    """Return what makes a search: change it, and scores are not comparable."""
    keys = {"space", "tuner", "objective", "better", "seed"}
    table = recipes.describe(space.recipe)
    seeds = {"seed": table["seed"], "data.split.seed": table["data"]["split"]["seed"]}
    return {
        "recipe": settings_of(table) | seeds,
        "tuning": config.model_dump(mode="json", include=keys),
    }


def _refuse_epochs(space: Space) -> None:
    for key in space.dimensions:
        if key.endswith(".epochs"):
            raise ConfigError(
                f"Hyperband divides the epochs itself, so `tuning.space` cannot change "
                f"`{key}`. Leave it out, or choose another tuner."
            )

"""Write recipes: as TOML that reads back to the same recipe, and as JSON tables."""

import json
from typing import Any

import tomli_w

from tfapp.recipes.config import PHASE_KEYS, Recipe


def describe(recipe: Recipe) -> dict[str, Any]:
    """Return the fully resolved recipe as JSON-ready nested tables."""
    return dict(json.loads(recipe.model_dump_json(exclude_none=True)))


def to_toml(recipe: Recipe, *, defaults: bool = True) -> str:
    """Write a recipe as TOML that `load_recipe` reads back to the same recipe.

    Args:
        recipe: the recipe.
        defaults: also write the values that equal their default.
    """
    return tomli_w.dumps(plain(recipe, defaults=defaults))


def plain(recipe: Recipe, *, defaults: bool = True) -> dict[str, Any]:
    """Return the nested tables that `build` makes the same recipe of.

    Args:
        recipe: the recipe.
        defaults: also those values that equal their default.
    """
    table: dict[str, Any] = json.loads(
        recipe.model_dump_json(exclude_none=True, exclude_defaults=not defaults)
    )
    if recipe.fine_tune is not None:
        for key in PHASE_KEYS & set(table.get("training", {})):
            del table["training"][key]
    return table

"""Recipes: what an experiment is, read from TOML and checked without TensorFlow."""

from tfapp.recipes.read import (
    build,
    find,
    folder,
    load_recipe,
    names,
    overridden,
    override,
    parse_override,
    read_table,
    settings,
)
from tfapp.recipes.write import describe, plain, to_toml

__all__ = [
    "build",
    "describe",
    "find",
    "folder",
    "load_recipe",
    "names",
    "overridden",
    "override",
    "parse_override",
    "plain",
    "read_table",
    "settings",
    "to_toml",
]

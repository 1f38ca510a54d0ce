"""Find, read and override recipes (`pipelines/*.toml`)."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tfapp.base.errors import ConfigError, UnknownNameError, did_you_mean
from tfapp.base.table_errors import explain
from tfapp.recipes.checks import completed
from tfapp.recipes.config import Recipe

PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """Return the folder of the recipes that come with tfapp."""
    return shipped("pipelines")


def shipped(name: str) -> Path:
    """Return a folder that comes with tfapp.

    A wheel carries it inside the package; a checkout has it next to it.
    """
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def names() -> list[str]:
    """Return the names of the recipes that come with tfapp."""
    paths = folder().rglob("*.toml")
    return sorted(p.relative_to(folder()).with_suffix("").as_posix() for p in paths)


def find(name_or_path: str) -> Path:
    """Return the file of a recipe given by path or by name.

    A recipe in a folder of `pipelines` is found by its own name too.

    Raises:
        UnknownNameError: if there is neither such a file nor such a recipe.
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    name = name_or_path.removesuffix(".toml")
    recipes = names()
    below = [n for n in recipes if n.rpartition("/")[2] == name]
    if name in recipes or len(below) == 1:
        return folder() / f"{name if name in recipes else below[0]}.toml"
    if path.suffix == ".toml":
        raise ConfigError(
            f"Recipe file {str(path)!r} does not exist, and no recipe has that name."
            f"{did_you_mean(name, recipes)}"
        )
    raise UnknownNameError("recipe", name_or_path, recipes)


def load_recipe(name_or_path: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe, apply `key=value` overrides, and check every name in it.

    Args:
        name_or_path: a recipe's name, such as "digits", or a TOML file.
        overrides: texts such as "training.epochs=3"; later ones win.

    Raises:
        ConfigError: for anything wrong, in one line that names the file and key.
    """
    path = find(name_or_path)
    table = read_table(path)
    table = overridden(table, overrides)
    table.setdefault("name", path.stem)
    return build(table, where=str(path))


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: if it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"Cannot read recipe {path}: {error.strerror}.") from None


def build(table: Mapping[str, Any], where: str) -> Recipe:
    """Validate a table as a recipe, without importing TensorFlow.

    Args:
        table: nested tables as TOML gives them.
        where: what to call the table in messages: its file.
    """
    try:
        recipe = Recipe.model_validate(dict(table))
    except ValidationError as error:
        raise explain(error, where, Recipe) from None
    try:
        return completed(recipe)
    except ConfigError as error:
        lines = str(error).splitlines()
        raise ConfigError("\n".join(f"{where}: {line}" for line in lines)) from None


def parse_override(text: str) -> tuple[str, Any]:
    """Split "training.epochs=3" into its key and TOML value; bare words are text."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"An override must look like training.epochs=3. Received: {text!r}"
        )
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def overridden(table: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Return a copy of nested tables with `key=value` texts applied in order."""
    for text in overrides:
        table = override(table, *parse_override(text))
    return dict(table)


def settings(overrides: Iterable[str], where: str) -> dict[str, Any]:
    """Return the table that overrides alone make, for a recipe that is not yet known.

    Args:
        overrides: texts such as "training.epochs=3".
        where: what to call them in messages.

    Raises:
        ConfigError: if one is not KEY=VALUE, or no recipe has such a key or value.
    """
    table = overridden({}, overrides)
    required = {"task": "", "data": {"path": ""}, "model": {"name": ""}}
    rest = [text for text in overrides if text.partition("=")[0].strip() != "task"]
    try:
        Recipe.model_validate(overridden(required, rest))
    except ValidationError as error:
        wrong = explain(error, where, Recipe, ignored=("missing", "value_error"))
        if str(wrong):
            raise wrong from None
    return table


def override(table: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a copy of nested tables with one dotted key set."""
    head, dot, rest = key.partition(".")
    inner = table.get(head, {})
    if dot and not isinstance(inner, Mapping):
        raise ConfigError(f"Cannot set `{key}`: `{head}` is not a table.")
    return {**table, head: override(inner, rest, value) if dot else value}

"""What pydantic found wrong with a table, in the one line that users get."""

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, ValidationError

from tfapp.base.errors import ConfigError, did_you_mean


def explain(
    error: ValidationError,
    where: str,
    root: type[BaseModel],
    table: str = "",
    ignored: Collection[str] = (),
) -> ConfigError:
    """Return the error that a user can fix: one line for each key that is wrong.

    Args:
        error: raised while `root` was built.
        where: the file, or what else the table came from.
        root: the model that was being built.
        table: dotted key of the table in the file that `root` describes; "" for all
            of it.
        ignored: pydantic's types of errors that are no mistakes here.
    """
    wrong = (e for e in error.errors() if e["type"] not in ignored)
    lines = (f"{where}: {_line(e, root, table)}" for e in wrong)
    return ConfigError("\n".join(lines))


def _line(error: Any, root: type[BaseModel], table: str) -> str:
    location = [str(part) for part in error["loc"]]
    key = ".".join(filter(None, [table, *location]))
    if error["type"] == "extra_forbidden":
        fields = _fields(location[:-1], root)
        hint = did_you_mean(location[-1], fields)
        return f"Unknown key `{key}`.{hint} Expected one of {fields}."
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "missing":
        return f"`{key}` is missing."
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"`{key}`: {message}. Received: {error['input']!r}"


def _fields(location: list[str], root: type[BaseModel]) -> list[str]:
    """Return the keys that the table at `location` may have."""
    table: Any = root
    for part in location:
        if isinstance(table, type) and issubclass(table, BaseModel):
            annotation: Any = table.model_fields[part].annotation
        else:  # a dict of tables: whatever the key, the tables are alike
            annotation = table.__args__[1]
        options = getattr(annotation, "__args__", ())
        tables = [o for o in options if isinstance(o, type) and o is not type(None)]
        is_union = not isinstance(annotation, type) and len(tables) == len(options) - 1
        table = tables[0] if is_union else annotation
    return sorted(table.model_fields)

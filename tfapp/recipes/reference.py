"""The reference of every recipe key, from the config models themselves.

`python -m tfapp.recipes.reference > docs/recipes.md` writes the page; a test keeps the
page and the models the same.
"""

import sys
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from tfapp.base import registry
from tfapp.recipes.config import Recipe

INTRODUCTION = """\
# Recipe reference

A recipe is a TOML file in `pipelines/` or anywhere else. It states only what differs
from the defaults below. `tfapp run RECIPE --set KEY=VALUE` changes a key for one run;
the fully resolved recipe is stored with every run as `recipe.toml` and repeats it.
This page is written by `python -m tfapp.recipes.reference`.
"""


def reference() -> str:
    """Return the reference as Markdown."""
    models, kinds, tasks = map(registry.union, ("MODELS", "DATA", "TASKS"))
    parts = [INTRODUCTION, *_tables(Recipe, "")]
    parts += _options("model", models, "model.options")
    parts += _options("kind of data", kinds, "data.options")
    parts += _augmentations()
    parts += _options("task", tasks, "task_options")
    parts += _option_tables(tasks, "task_options")
    return "\n".join(parts)


def _tables(table: type[BaseModel], path: str, what: str = "") -> Iterator[str]:
    """One section per table, its own keys first, then the tables below it.

    Args:
        table: the model.
        path: its dotted key; "" for the whole recipe.
        what: the table belongs to, after its key in the title.
    """
    rows, below = [], []
    for name, field in table.model_fields.items():
        inner = _inner(field.annotation)
        if inner is not None:
            below.append((inner, f"{path}.{name}" if path else name))
        else:
            default = "required" if field.is_required() else _value(field)
            note = field.description or ""
            rows.append(f"| `{name}` | {_type(field)} | {default} | {note} |")
    title = f"## `[{path}]`{what}" if path else "## Top level"
    head = "| key | type | default | |\n|---|---|---|---|"
    body = "\n".join([head, *rows]) + "\n" if rows else ""
    yield f"{title}\n\n{table.__doc__}\n\n{body}"
    for inner, inner_path in below:
        yield from _tables(inner, inner_path)


def _options(kind: str, names: dict[str, str], path: str) -> Iterator[str]:
    """One section per registered function: its keyword arguments."""
    for name, target in names.items():
        signature = registry.signature(target)
        rows = [
            f"| `{key}` | `{option.annotation.replace('|', chr(92) + '|')}` "
            f"| `{option.default}` |"
            for key, option in signature.options.items()
        ]
        head = "| option | type | default |\n|---|---|---|"
        title = f"## `{path}` of the {kind} `{name}`"
        table = [head, *rows, ""] if rows else []
        yield "\n".join([title, "", signature.summary, "", *table])


def _option_tables(names: dict[str, str], path: str) -> Iterator[str]:
    """One section per option that is a table."""
    tables = {
        f"{path}.{key}": registry.load_target(target)
        for function in names.values()
        for key, option in registry.signature(function).options.items()
        for target in option.imported.values()
    }
    for option_path, table in tables.items():
        if isinstance(table, type) and issubclass(table, BaseModel):
            yield from _tables(table, option_path)


def _augmentations() -> Iterator[str]:
    """One section per kind of data: how its training examples may be changed."""
    tables = registry.union("AUGMENTATIONS")
    for kind in tables:
        table = registry.load("kind of data", tables, kind)
        yield from _tables(table, "data.augmentation", f" of the kind of data `{kind}`")


def _inner(annotation: Any) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _type(field: Any) -> str:
    annotation = field.annotation
    if type(None) in get_args(annotation):  # a key that may be left out
        annotation = get_args(annotation)[0]
    choices = get_args(annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return " or ".join(f"`{choice}`" for choice in choices)
    return str(getattr(annotation, "__name__", annotation))


def _value(field: Any) -> str:
    if field.default in (PydanticUndefined, None):
        return ""
    return f"`{field.default!r}`"


if __name__ == "__main__":
    sys.stdout.write(reference())

"""Lists of what recipes may name."""

from collections.abc import Callable

from tfapp import recipes
from tfapp.base import registry
from tfapp.base.errors import UnknownNameError
from tfapp.base.registry import Row


def list_models() -> list[Row]:
    """Return every model with its options."""
    return _registered("MODELS")


def list_recipes() -> list[Row]:
    """Return every recipe that comes with tfapp, with its description."""
    rows = []
    for name in recipes.names():
        table = recipes.read_table(recipes.find(name))
        rows.append({"name": name, "summary": table.get("description", "")})
    return rows


def list_datasets() -> list[Row]:
    """Return every kind of data with its options."""
    return _registered("DATA")


def list_tasks() -> list[Row]:
    """Return every task."""
    return _registered("TASKS")


LISTS: dict[str, Callable[[], list[Row]]] = {
    "models": list_models,
    "recipes": list_recipes,
    "datasets": list_datasets,
    "tasks": list_tasks,
}
"""The lists that there are whatever the domains; these add rows, and further lists."""


def names() -> list[str]:
    """Return the names of all lists."""
    further = registry.tables("CATALOGUE").values()
    return list(dict.fromkeys([*LISTS, *(name for table in further for name in table)]))


def rows(what: str) -> list[Row]:
    """Return a list, with the rows that the domains add to it.

    Raises:
        UnknownNameError: if there is no such list.
    """
    if what not in names():
        raise UnknownNameError("list", what, names())
    entries = LISTS[what]() if what in LISTS else []
    for domain, table in registry.tables("CATALOGUE").items():
        if what in table:
            entries += registry.load_target(registry.absolute(domain, table[what]))()
    return entries


def _registered(table: str) -> list[Row]:
    rows = []
    for name, target in registry.union(table).items():
        signature = registry.signature(target)
        row: Row = {"name": name, "summary": signature.summary}
        if signature.options:
            row["options"] = {key: str(o) for key, o in signature.options.items()}
        rows.append(row)
    return rows

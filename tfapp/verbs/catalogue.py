"""Lists of what recipes may name."""

from collections.abc import Callable
from typing import Any

from tfapp import data, recipes, tasks
from tfapp.base import registry
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, Extractor
from tfapp.domains.images.pretrained.weights import available_weights
from tfapp.tasks import build

Row = dict[str, Any]


def list_models() -> list[Row]:
    """Return every model with its options, then every extractor of `transfer`."""
    rows = _registered(build.MODELS)
    here = {weights.extractor for weights in available_weights()}
    for name, extractor in EXTRACTORS.items():
        rows.append(
            {
                "name": f"transfer: {name}",
                "summary": f"{extractor.summary} ({extractor.default_size} px)"
                + (f", {extractor.weights} weights here" if name in here else ""),
            }
        )
    return rows


def list_recipes() -> list[Row]:
    """Return every recipe that comes with tfapp, with its description."""
    rows = []
    for name in recipes.names():
        table = recipes.read_table(recipes.find(name))
        rows.append({"name": name, "summary": table.get("description", "")})
    return rows


def list_datasets() -> list[Row]:
    """Return every kind of data with its options, and every form it may come in."""
    forms = [
        {"name": f"path: {name}", "summary": registry.signature(target).summary}
        for name, target in data.SOURCES.items()
    ]
    return _registered(data.DATASETS) + forms


def list_tasks() -> list[Row]:
    """Return every task."""
    return _registered(tasks.TASKS)


def list_weights() -> list[Row]:
    """Return the pretrained weight file of every extractor, and where it is found."""
    here = {weights.extractor: weights.path for weights in available_weights()}
    return [
        {
            "name": name,
            "summary": f"here: {here[name]}" if name in here else "not here",
            "options": _source(extractor),
        }
        for name, extractor in EXTRACTORS.items()
    ]


def _source(extractor: Extractor) -> dict[str, str]:
    """Return how recipes name the weights of an extractor, and where they come from."""
    named = {"weights": extractor.weights}
    if not extractor.file:  # they come with tfapp
        return named
    return named | {
        "file": extractor.file,
        "address": extractor.address,
        "hash": extractor.hash or "none known",
    }


LISTS: dict[str, Callable[[], list[Row]]] = {
    "models": list_models,
    "recipes": list_recipes,
    "datasets": list_datasets,
    "tasks": list_tasks,
    "weights": list_weights,
}


def _registered(names: dict[str, str]) -> list[Row]:
    rows = []
    for name, target in names.items():
        found = registry.signature(target)
        row: Row = {"name": name, "summary": found.summary}
        if found.options:
            row["options"] = {key: str(o) for key, o in found.options.items()}
        rows.append(row)
    return rows

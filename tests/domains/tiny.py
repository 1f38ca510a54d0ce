"""Tiny data of every task, for the conformance test: a file `tiny.py` per domain."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base import registry

EXPERIMENTS = {"dqn", "neural_style"}
"""Tasks that learn from no examples, each with tests of its own runs."""
UNPLANNED = {"arbitrary_style", "fast_style", "species_classification"}
"""Tasks that need more than data, so that `fit` plans no recipe for them."""


@dataclass(frozen=True)
class Tiny:
    """A set that trains in seconds, and the recipe for it.

    Args:
        path: as `data.path`; what `tfapp check` and `tfapp fit` are given.
        table: of the recipe, without name and task.
        inputs: files to answer by `tfapp predict`.
    """

    path: str
    table: dict[str, Any]
    inputs: Sequence[str]


def tiny_sets() -> dict[str, Callable[[Path], Tiny]]:
    """Return what makes the tiny set of each task in an empty folder."""
    modules = [
        importlib.import_module(f"tests.domains.{name}.tiny")
        for name in registry.domains()
    ]
    return {task: make for module in modules for task, make in module.TINY.items()}

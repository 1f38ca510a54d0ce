"""Layers of our own; each file registers its classes with Keras when imported."""

import importlib
import pkgutil


def register() -> None:
    """Import every layer, so that saved models that hold one can be read."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)

"""Layers of our own; each file registers its classes with Keras when imported."""

import importlib
import pkgutil
from pathlib import Path

HOUSE = Path(__file__).parents[1]


def register() -> None:
    """Import every layer, the domains' too, so that saved models can be read."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    for file in sorted((HOUSE / "domains").rglob("*.py")):
        if "register_keras_serializable" in file.read_text(encoding="utf-8"):
            name = ".".join(file.relative_to(HOUSE).with_suffix("").parts)
            importlib.import_module(f"tfapp.{name}")

"""Layers of our own; each file registers its classes with Keras when imported."""

import importlib
import re
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).parents[1]
REGISTERED = re.compile(
    r'^@keras\.saving\.register_keras_serializable\(package="(\w+)"\)\nclass (\w+)',
    re.MULTILINE,
)


class Deferred:
    """Stands for a class of ours until Keras makes an object of it.

    Args:
        module: that defines the class.
        name: of the class.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def from_config(self, config: Any, **options: Any) -> Any:
        """Import the class, which registers itself, and make the object."""
        made = getattr(importlib.import_module(self.module), self.name)
        return made.from_config(config, **options)


def register() -> None:
    """Name every class of ours to Keras, the domains' too; nothing is imported.

    Keras then reads files that hold them, such as a run's model.keras.
    """
    import keras

    names = keras.saving.get_custom_objects()
    for file in sorted([*HOUSE.glob("layers/**/*.py"), *HOUSE.glob("domains/**/*.py")]):
        for package, name in REGISTERED.findall(file.read_text(encoding="utf-8")):
            module = ".".join(file.relative_to(HOUSE.parent).with_suffix("").parts)
            names.setdefault(f"{package}>{name}", Deferred(module, name))

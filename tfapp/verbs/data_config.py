"""How data is looked at before anything is chosen, by what the user sets."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tfapp.base import registry
from tfapp.base.errors import ConfigError
from tfapp.base.table_errors import explain
from tfapp.data.detection import Detected, detect
from tfapp.recipes.config import DataConfig


def data_config(
    settings: Mapping[str, Any], data: str, verb: str
) -> tuple[DataConfig, Detected]:
    """Return how data is to be looked at, and what was recognised.

    Args:
        settings: table of what the user sets, as that of a recipe.
        data: as `data.path`.
        verb: that takes DATA, for messages.

    Raises:
        ConfigError: for a value that cannot be, or an option that the data lacks.
        DataError: if nothing is there, or nothing that a domain recognises.
    """
    table = settings.get("data", {})
    if "path" in table:
        raise ConfigError(
            f"`--set data.path` is not for `{verb}`, which takes DATA. Received: "
            f"{data!r} and {table['path']!r}"
        )
    detected = detect(data, table.get("options", {}), settings.get("task", ""))
    kind = detected.data
    try:
        config = DataConfig.model_validate({"kind": kind, **table, "path": data})
    except ValidationError as error:
        raise explain(error, "--set", DataConfig, "data") from None
    kinds = registry.union("DATA")
    registry.check_options("kind of data", kinds, kind, config.options)
    return config, detected

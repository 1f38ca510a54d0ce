"""What chief and workers have to agree on."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tfapp.base.errors import ConfigError

SEARCH = "tfapp-search"
"""Key of the metadata that says which search a chief has."""


def digest(identity: Mapping[str, Any]) -> str:
    """Return a short text that is equal for equal searches."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse_address(text: str) -> str:
    """Return "HOST:PORT" if it is one.

    Raises:
        ConfigError: if it is not.
    """
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdigit() and 0 < int(port) < 65_536):
        raise ConfigError(
            f"Expected HOST:PORT, such as 10.0.0.5:8700. Received: {text!r}"
        )
    return text

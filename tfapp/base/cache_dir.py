"""Where scans, decoded examples and fetched data sets are stored between runs."""

import os
from pathlib import Path


def default_cache_dir() -> Path:
    """Return $TFAPP_CACHE, else ~/.cache/tfapp; deleting it costs time only."""
    named = os.environ.get("TFAPP_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "tfapp"

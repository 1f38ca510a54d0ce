"""Where scans, decoded examples and fetched data sets are stored between runs."""

import os
import tempfile
from pathlib import Path


def default_cache_dir() -> Path:
    """Return $TFAPP_CACHE, else ~/.cache/tfapp; deleting it costs time only.

    A user whose home cannot be written, as in many containers, gets a folder of their
    own among the temporary ones.
    """
    named = os.environ.get("TFAPP_CACHE")
    if named:
        return Path(named).expanduser()
    at_home = Path("~").expanduser() / ".cache" / "tfapp"
    return at_home if can_write(at_home) else _temporary()


def can_write(folder: Path) -> bool:
    """Return whether a folder, or the nearest one above it, can be written."""
    existing = (
        p for p in (folder.absolute(), *folder.absolute().parents) if p.exists()
    )
    nearest = next(existing)
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _temporary() -> Path:
    """Return a folder that nobody else can have filled: others may write there too."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"tfapp-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid == user and not facts.st_mode & 0o022 and not folder.is_symlink():
        return folder
    return Path(tempfile.mkdtemp(prefix="tfapp-"))

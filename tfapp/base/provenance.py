"""Where a result comes from: versions, platform, command, commit."""

import platform
import subprocess
import sys
from datetime import datetime
from importlib import metadata
from typing import Any

PACKAGES = (
    "tfapp",
    "tensorflow",
    "keras",
    "jax",
    "numpy",
    "scikit-learn",
    "tensorflow-datasets",
)


def environment() -> dict[str, Any]:
    """Return versions, platform, command line and the commit of the working folder."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "versions": versions,
        "platform": platform.platform(),
        "command": sys.argv,
        "git_commit": _git_commit(),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _git_commit() -> str:
    """Return the commit of the working folder, with "+changes" if it has any."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{head}+changes" if changed else head


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, timeout=5, check=True
    )
    return done.stdout.strip()

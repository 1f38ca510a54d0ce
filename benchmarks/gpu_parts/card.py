"""What the device is, and which versions run on it."""

import platform
import subprocess
from importlib import metadata
from typing import Any

PACKAGES = ("keras", "jax", "jaxlib", "numpy", "torch", "torchvision")


def facts() -> dict[str, Any]:
    """Return the names of the card and its driver, and versions."""
    return {
        "device": _device(),
        "driver": _asked("driver_version"),
        "memory": _asked("memory.total"),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _device() -> str:
    return _asked("name") or f"no GPU ({platform.machine()})"


def _asked(field: str) -> str:
    """Return what nvidia-smi reports, "" where there is none."""
    command = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""

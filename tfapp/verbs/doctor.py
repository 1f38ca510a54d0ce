"""Examine this machine: what tfapp needs, what is here, what is missing."""

from tfapp.domains.images.pretrained.file_choice import available_weights
from tfapp.machine import doctor
from tfapp.machine.doctor import Finding

__all__ = ["Finding", "examine"]


def examine() -> list[Finding]:
    """Return what was found about versions, GPU, CPU, memory, caches and weights."""
    return [*doctor.examine(), _weights()]


def _weights() -> Finding:
    files = [w for w in available_weights() if w.trained_on == "imagenet"]
    if not files:
        return Finding(
            "ImageNet weights",
            "none on this machine",
            "warning",
            "Name a folder of weight files in TFAPP_WEIGHTS, or let the first run "
            "download them (docs/weights.md).",
        )
    names = ", ".join(f"{w.extractor} ({w.path.name})" for w in files)
    return Finding("ImageNet weights", names, "ok", "")
